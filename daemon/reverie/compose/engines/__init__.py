"""What runs the models for the composer."""
