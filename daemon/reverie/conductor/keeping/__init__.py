"""What must last: files in order, moments, where the music stands, backups and what helpers need."""
