"""What is known of the running music: evidence of what was sent, metrics, faults, and a sentence that sums them up."""
