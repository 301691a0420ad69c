"""Training one's own models: from a folder of music or sounds to a bundle that a scene names.

``corpus`` reads files, ``dataset`` makes examples of them, ``fit`` trains, ``judge`` says what a model is worth.
"""
