"""Runs the parsers of what comes from outside in worker processes, with limits of time, memory and output."""
