"""Searching sentences: vectors, keywords, segments, spelling."""
