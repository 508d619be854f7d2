"""Routes of the JSON interface that are more than one call each."""
