"""The command ``reverie``: a module for each of its commands, which reads arguments and prints what came of them."""
