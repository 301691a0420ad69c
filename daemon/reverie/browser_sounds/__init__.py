"""What browsers sound with: sample sets that a telephone loads at once, made of banks, of soundfonts or shipped."""
