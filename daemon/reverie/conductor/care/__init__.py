"""The music watched and mended while nobody is there: heartbeats, cures, recycling, safe mode, what systemd is told."""
