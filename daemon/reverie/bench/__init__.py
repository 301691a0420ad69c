"""Measures engine and player beside Magenta's own and others, on whatever machine it is asked to."""
