"""The models on this machine: found, imported from foreign formats, pulled, and described by their cards."""
