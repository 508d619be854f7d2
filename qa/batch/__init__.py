"""Asking many questions at once: reading them, asking them in order, and writing the replies as a table."""
