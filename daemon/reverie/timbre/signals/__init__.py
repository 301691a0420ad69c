"""Sounds taken apart into partials and noise, mixed, and put together again: the renderer that has learned nothing."""
