"""What is explained: channels, neurons, logits, and the score of a target as a function of the input."""
