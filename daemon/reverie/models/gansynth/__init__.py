"""GANSynth's generator in NumPy: notes of a few seconds, made at once from a latent vector and a pitch.

After ``magenta/models/gansynth`` in Magenta 2.1.4 and https://arxiv.org/abs/1902.08710.
"""
