"""Samples for hardware samplers, sent over MIDI by the Sample Dump Standard."""
