"""What happens to an answer that was read: references, whole words, lists, several questions, who reports it."""
