"""The formats in which others keep models, read without TensorFlow."""
