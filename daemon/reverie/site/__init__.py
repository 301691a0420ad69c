"""The site's configuration: what a technician writes about the machine, its devices and its hours."""
