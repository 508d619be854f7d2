"""Text to vectors: the embedder, its export, the embedding cache."""
