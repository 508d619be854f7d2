"""RSS and Atom feeds: parsing, subscriptions, polling, OPML."""
