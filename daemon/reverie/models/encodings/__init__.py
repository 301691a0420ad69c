"""Events as input vectors and classes, equal to note_seq and Magenta, read forwards and once."""
