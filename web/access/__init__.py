"""Who may do what: rights, tokens, signing in, limits, and the audit log."""
