"""Boxes that play one piece: what they say to each other, whose clock counts, and where they meet."""
