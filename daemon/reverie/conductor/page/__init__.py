"""What the conductor has for the pages: what they show, and what visitors, artists and technicians do there."""
