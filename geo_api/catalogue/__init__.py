"""What may be ordered, which duty answers, and by when."""
