"""Text as code points: sentences, paragraphs, Unicode."""
