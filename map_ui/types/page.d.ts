// What stands in a page beside its modules: folium's variables, ECharts, early questions.

import type { ECharts } from "echarts";
import type * as Leaflet from "leaflet";

declare global {
  const map_main: Leaflet.Map;
  const boundaries_main: Leaflet.LayerGroup;
  const heat_tiles_main: Leaflet.TileLayer;

  interface Window {
    asked?: Record<string, Promise<Response>>;
    echarts: { init(box: HTMLElement): ECharts };
  }
}

declare module "leaflet" {
  interface Handler {
    /** Whether a hand moves the map just now. */
    moving(): boolean;
  }

  interface TileLayerOptions {
    /** What the tiles' address asks for: {query} of its template. */
    query?: string;
  }

  interface Polyline {
    /** Draws the line anew; Leaflet's own way to do so, which it names for no caller. */
    _updatePath(): void;
  }
}
