"""What happens when boundaries change: what would be, the act, and what it moves."""
