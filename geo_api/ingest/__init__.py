"""Files become areas, households, zones and people; dry unless told otherwise."""
