"""Optical character recognition of pictures and scanned pages, where Tesseract is installed."""
