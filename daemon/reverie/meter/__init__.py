"""How loud it is: processes of their own listen to a synthesizer's output or to the hall, and say the level."""
