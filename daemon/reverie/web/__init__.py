"""The web server: pages for people, answers for machines, and the socket for commands on this machine."""
