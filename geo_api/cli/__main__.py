"""``python -m geo_api.cli``."""

from geo_api.cli import app

app()
