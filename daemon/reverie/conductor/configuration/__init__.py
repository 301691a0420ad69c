"""What a conductor is given, and how it takes over what was changed on disk while it plays."""
