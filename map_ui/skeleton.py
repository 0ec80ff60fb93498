"""The map's skeleton, composed with folium: a map, heat tiles, boundary layers.

Only numbers and addresses of our own pass through here: folium's templates execute
``${…}``, so no word of a person or a place may ever reach them. The page's modules
fetch those and draw them as text.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import folium
from branca.element import Figure
from folium.map import Layer
from folium.template import Template
from folium.utilities import remove_empty

from map_ui.settings import PagesSettings

# {r} becomes @2x on dense screens, {query} the period and category of the page.
HEAT_TILES = "/tiles/heat/{z}/{x}/{y}{r}.png?{query}"


class BareMap(folium.Map):
    """A folium map without the links to other hosts and without inline styles."""

    default_js: list[tuple[str, str]] = []  # noqa: RUF012  folium's own protocol
    default_css: list[tuple[str, str]] = []  # noqa: RUF012

    _template = Template(
        """
        {% macro html(this, kwargs) %}
        <div class="map__canvas" id="{{ this.get_name() }}"></div>
        {% endmacro %}
        {% macro script(this, kwargs) %}
        var {{ this.get_name() }} = L.map(
            {{ this.get_name()|tojson }},
            {
                center: {{ this.location|tojson }},
                crs: L.CRS.{{ this.crs }},
                ...{{ this.options|tojavascript }}
            }
        );
        {% endmacro %}
        """
    )


class HeatTiles(Layer):
    """Tiles painted by the server; the page adds period and category, then shows it."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
        var {{ this.get_name() }} = L.tileLayer(
            {{ this.address|tojson }}, {{ this.options|tojavascript }}
        );
        {% endmacro %}
        """
    )

    def __init__(self, address: str, **options: Any) -> None:
        super().__init__(name="heat", overlay=True, control=False, show=False)
        self._name = "HeatTiles"
        self.address = address
        self.options = remove_empty(**options)


class Boundaries(Layer):
    """Panes and canvases in drawing order, and an empty group for the outlines.

    Land lies under the heat, lines over it, names over everything.
    """

    _template = Template(
        """
        {% macro script(this, kwargs) %}
        {% for pane, height in this.panes.items() -%}
        {{ this._parent.get_name() }}.createPane({{ pane|tojson }})
            .style.zIndex = {{ height }};
        {% endfor -%}
        var {{ this.get_name() }} = L.layerGroup([], {{ this.options|tojavascript }})
            .addTo({{ this._parent.get_name() }});
        {% endmacro %}
        """
    )

    def __init__(self, panes: dict[str, int], **options: Any) -> None:
        super().__init__(name="boundaries", overlay=True, control=False, show=False)
        self._name = "Boundaries"
        self.panes = panes
        self.options = remove_empty(**options)


@dataclass(frozen=True)
class Skeleton:
    """The two texts of a composed map; the page puts its nonce around the script."""

    html: str
    script: str


def _heat(settings: PagesSettings) -> HeatTiles:
    heat = HeatTiles(
        HEAT_TILES,
        min_zoom=settings.min_zoom,
        max_zoom=settings.max_zoom,
        max_native_zoom=min(settings.max_zoom, 16),
        # What is blurred needs no fine pixels: a quarter of the tiles shows the same.
        tile_size=512,
        zoom_offset=-1,
        update_when_zooming=False,
        keep_buffer=1,
    )
    heat._id = "main"
    return heat


def compose_map(settings: PagesSettings, *, with_heat: bool = True) -> Skeleton:
    """A page's map without any data: its variables end in ``_main``."""
    chart: Any = BareMap(
        location=[36.0, 104.0],
        zoom_start=settings.min_zoom,
        tiles=None,
        prefer_canvas=True,
        zoom_control=False,
        attribution_control=False,
        minZoom=settings.min_zoom,
        maxZoom=settings.max_zoom,
        zoom_snap=0.1,
        zoom_delta=0.5,
        wheel_px_per_zoom_level=90,
        world_copy_jump=False,
    )
    chart._id = "main"
    lines = Boundaries({"land": 150, "lines": 420, "names": 640})
    lines._id = "main"
    lines.add_to(chart)
    if with_heat:
        _heat(settings).add_to(chart)

    figure = chart.get_root()
    if not isinstance(figure, Figure):
        raise TypeError("folium no longer puts a map into a Figure")
    chart.render()
    header = figure.header.render()
    if any(word in header for word in ("//", "<link", "<script", "<style")):
        # A new folium which adds links again must not reach a visitor.
        raise RuntimeError(f"folium added to the head of the page: {header}")
    return Skeleton(html=figure.html.render(), script=figure.script.render())
