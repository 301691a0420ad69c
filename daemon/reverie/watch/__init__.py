"""What is known of the music from outside it: evidence, metrics and a small web server that shows both."""
