"""From files of music to pieces: what can be read, and a reason for each file that cannot."""
