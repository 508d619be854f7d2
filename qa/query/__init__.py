"""Understanding a question: its type, what surrounds it, what answers it."""
