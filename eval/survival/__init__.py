"""Shows that nothing is lost, stale or wrong, whatever happens to the service: `python -m eval.survival`."""
