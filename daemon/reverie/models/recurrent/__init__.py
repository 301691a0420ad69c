"""Magenta's recurrent models in NumPy: batched, with the state as a value."""
