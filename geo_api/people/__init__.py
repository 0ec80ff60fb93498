"""Who may answer for a place: persons and their leave."""
