"""PDF to drafts: characters by PDFium, printed lines, and the layout of pages as blocks."""
