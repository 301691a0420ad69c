"""MQTT: what the installation is like, for the dashboards of a house, and what these may ask of it."""
