"""Where requests gather, painted as tiles."""
