"""Makes the reader that comes with Citeline: `python -m training.reader --data FOLDER`."""
