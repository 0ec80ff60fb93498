"""Where: areas, editions, shapes; a point is located in them."""
