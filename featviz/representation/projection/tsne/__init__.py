"""t-SNE: affinities, attractive and repulsive forces, gradient descent."""
