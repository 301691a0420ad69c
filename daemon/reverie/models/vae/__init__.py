"""MusicVAE and GrooVAE: encode, sample, decode, interpolate, and turn notes into tensors and back.

Source: Roberts et al. 2018, "A Hierarchical Latent Vector Model for Learning Long-Term Structure in Music"; Gillick et
al. 2019, "Learning to Groove with Inverse Sequence Transformations"; Magenta 2.1.4, ``magenta/models/music_vae``.
"""
