"""Generations of the index: building, publishing, compaction."""
