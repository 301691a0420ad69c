"""Piano Genie: eight buttons play a piano's eighty-eight keys."""
