"""Sentences to a searchable generation: embedding, vectors, keywords, build, publish."""
