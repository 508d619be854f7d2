"""Training examples: sampling, augmentation, hard negatives, batches."""
