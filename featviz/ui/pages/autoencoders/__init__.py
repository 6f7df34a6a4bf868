"""The page Autoencoders."""
