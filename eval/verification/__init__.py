"""Measures the verification of drafts on generated quotations."""
