"""Finding the images whose vectors lie nearest, and saying why they do."""
