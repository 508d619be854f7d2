"""Suggestions: names and questions that the articles can answer."""
