"""Pure values of music: time, notes, harmony, drums, files. No input or output of its own, no clock."""
