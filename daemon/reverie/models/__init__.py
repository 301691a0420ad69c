"""Magenta's symbolic models without TensorFlow: run-time bundles, encodings and the engines that run them."""
