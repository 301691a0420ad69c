"""NSynth in NumPy: Magenta's WaveNet autoencoder, of whatever size."""
