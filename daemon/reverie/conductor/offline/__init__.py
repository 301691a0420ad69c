"""A performance without a clock: the way from scene to files, as fast as the models compose."""
