"""In time with others: who leads the tempo, and how the player follows."""
