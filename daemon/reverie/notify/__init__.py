"""Telling people who are far away: what is wrong, what the day was like, and that all is well."""
