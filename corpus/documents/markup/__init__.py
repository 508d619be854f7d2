"""Text with the markup of reStructuredText, Org and AsciiDoc to drafts."""
