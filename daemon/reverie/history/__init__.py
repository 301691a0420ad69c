"""What outlasts a restart: the last good loops, how often each scene was begun, and what people did."""
