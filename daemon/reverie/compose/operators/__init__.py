"""What makes the next loop of a voice: an object for each operator, and the registry of them all."""
