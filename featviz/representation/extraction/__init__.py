"""From images to vectors: loading, a pooled pass, accumulation, the key under which they are kept."""
