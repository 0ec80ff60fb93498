"""What is kept no longer than needed, handed out, or erased on request."""
