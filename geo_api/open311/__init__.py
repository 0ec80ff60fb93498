"""The GeoReport v2 face over requests."""
