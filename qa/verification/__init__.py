"""Verifying a draft: which of its quotations and claims the articles hold word by word."""
