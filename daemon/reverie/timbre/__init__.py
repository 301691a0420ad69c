"""Timbres that morph: sources, paths between them, sample banks, and the process that renders them."""
