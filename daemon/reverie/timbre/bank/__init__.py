"""Sample banks: finished samples, and the files by which samplers have them."""
