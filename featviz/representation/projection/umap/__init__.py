"""UMAP: the fuzzy graph and its layout."""
