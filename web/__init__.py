"""The HTTP interface and the web chat."""
