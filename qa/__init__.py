"""Question to reply: retrieval, reading, confidence."""
