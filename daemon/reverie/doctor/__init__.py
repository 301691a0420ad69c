"""What `reverie doctor` looks at: the box, the installation, and what of it sounds; each point in a plain sentence."""
