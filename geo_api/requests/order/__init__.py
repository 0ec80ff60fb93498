"""Taking an order: drafted, decided, stored."""
