"""The article store: SQLite, its schema, its change log, near-duplicate clusters."""
