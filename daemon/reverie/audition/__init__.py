"""A page on which music can be looked at: rolls, harmony, densities, dynamics, spectrum and figures."""
