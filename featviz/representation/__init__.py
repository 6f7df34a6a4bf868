"""The space a network makes: embeddings of image sets, their store, and what is built on them."""
