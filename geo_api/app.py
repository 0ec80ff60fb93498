"""Composes the rooms into one application; nothing is built at import."""

from __future__ import annotations

from fastapi import FastAPI

from geo_api import __version__
from geo_api.http.context import Context
from geo_api.http.problems import add_problem_handlers


def create_app(context: Context) -> FastAPI:
    """The spatial API on the given database, key and clock."""
    app = FastAPI(title="民情地图", version=__version__)
    app.state.context = context
    add_problem_handlers(app)
    return app
