"""What a network is found to do: a few passes of noise, and what its layers, outputs and behavior are by them."""
