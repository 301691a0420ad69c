"""The timbres of the scene that plays: which banks are due, rendered, handed to slots."""
