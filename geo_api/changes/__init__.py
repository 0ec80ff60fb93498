"""Boundary and zone drafts: moves areas, households and open requests together."""
