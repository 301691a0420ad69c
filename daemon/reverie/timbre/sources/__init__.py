"""The sounds that timbres are made of."""
