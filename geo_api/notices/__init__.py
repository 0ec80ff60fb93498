"""What follows from what happened: outbox, live events."""
