"""How long tests wait for what real programs do in their own time."""

PATIENCE = 60.0
"""Seconds. Nothing is claimed by it: machines stall, and a test that passes never waits for so long."""
