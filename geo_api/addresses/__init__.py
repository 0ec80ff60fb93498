"""Words to place: names, aliases and door numbers."""
