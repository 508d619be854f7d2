"""Questions that are kept, without an answer or with the opinion of a reader, and questions that are watched."""
