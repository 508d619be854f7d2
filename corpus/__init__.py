"""Articles: what they are, how documents become them, where they are kept, how they split into sentences."""
