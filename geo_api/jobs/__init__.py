"""What the clock orders: which jobs of the night were done, and whose turn it is."""
