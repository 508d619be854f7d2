"""Looking after an index: consistency checks, backup and restore."""
