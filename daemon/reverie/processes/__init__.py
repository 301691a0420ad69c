"""Processes of Reverie's own: how they are started, spoken to, watched over and ended."""
