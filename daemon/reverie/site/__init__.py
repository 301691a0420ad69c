"""The site's configuration: what a technician writes about the machine and the room."""
