"""RSS, Atom and JSON feeds: parsing, subscriptions, polling, OPML."""
