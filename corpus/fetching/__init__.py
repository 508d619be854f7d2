"""Fetching web pages: the client, its transport, address checks, robots.txt, sitemaps."""
