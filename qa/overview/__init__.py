"""Overviews: news, what somebody said, summaries, and what the library has."""
