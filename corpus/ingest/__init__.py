"""Documents into the store: folders, uploads, pages, bulk files."""
