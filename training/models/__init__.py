"""The networks that are trained, and how their weights are rounded and packed."""
