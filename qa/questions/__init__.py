"""What becomes of kept and watched questions: groups of similar ones, and asking them again when articles arrive."""
