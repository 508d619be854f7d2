"""Documents of office programs to drafts, and the zip archives that most of them are."""
