"""Pianoroll-RNN-NADE: a recurrent network that says of every step how likely each key is, given the keys below it."""
