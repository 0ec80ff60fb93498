"""Pages composed with folium and Jinja; they reach data only by public HTTP."""

from map_ui.pages import create_pages
from map_ui.settings import PagesSettings

__all__ = ["PagesSettings", "create_pages"]
