"""Developing stories: dated articles, and questions about what changed, what differs and when."""
