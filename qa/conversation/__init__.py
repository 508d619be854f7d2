"""Understanding a question from its conversation."""
