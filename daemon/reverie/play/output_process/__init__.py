"""Outputs in processes of their own: whatever hangs there, the player does not."""
