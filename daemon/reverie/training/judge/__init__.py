"""What a model is worth: beside a Markov model, and beside music that it has not seen."""
