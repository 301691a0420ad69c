"""The day of the installation: when it is open, what is played then, how quiet it is, and who is there."""
