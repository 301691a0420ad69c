"""MIDI without music: ports and the devices behind them, cables, RTP-MIDI and sample dumps.

It imports nothing of Reverie but :mod:`reverie.processes` and the foundations, and could be a library of its own.
"""
