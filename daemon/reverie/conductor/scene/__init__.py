"""The scene that plays: how it begins and ends, its dreams, form and loops as they sound."""
