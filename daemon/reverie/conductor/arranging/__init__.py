"""Scenes as artists write them, checked, and made ready to be composed and played."""
