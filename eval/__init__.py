"""Quality, measured on question sets."""
