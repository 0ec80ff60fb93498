"""Who lives where; contact data is kept apart and encrypted."""
