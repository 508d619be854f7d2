"""News, summaries, and questions about the library itself."""
