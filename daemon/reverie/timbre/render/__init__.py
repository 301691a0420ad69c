"""The renderers that render with a model of :mod:`reverie.models`; a model knows nothing of them."""
