"""Dated reports on developing stories: which are on one story, and what they tell of the same."""
