"""Several boxes that play one piece: who leads it, who follows, and which voices sound here."""
