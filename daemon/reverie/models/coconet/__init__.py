"""Coconet: a convolutional network that fills in what is missing of four parts."""
