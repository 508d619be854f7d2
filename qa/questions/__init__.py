"""What becomes of kept questions: groups of similar ones, and which of them are answered by now."""
