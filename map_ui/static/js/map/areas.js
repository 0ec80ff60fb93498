/* The areas of the county: who lies in whom, and their shapes. */

import { read } from "../shared/api.js";

/**
 * What a page knows of an area, from wherever it was told.
 * @typedef {{ code: string, name: string, type: string, parent_code?: string | null, label?: number[] | null }} Area
 */

/** @typedef {GeoJSON.Feature<GeoJSON.Polygon | GeoJSON.MultiPolygon, Area>} Outline */

/** Codes compare as text, whatever their length. @type {(a: Area, b: Area) => number} */
const byCode = (a, b) => (a.code < b.code ? -1 : Number(a.code > b.code));

/**
 * Outlines of areas, as the API tells them to everybody who may see them.
 * @param {Query} query
 */
async function readOutlines(query) {
  const found = /** @type {{ features: Outline[] }} */ (await read("/api/areas.geojson", query));
  return found.features;
}

/** Everything the page knows of areas; shapes arrive level by level. */
export class Areas {
  constructor() {
    /** @type {Map<string, Area>} */
    this.items = new Map();
    /** @type {Record<string, Outline[]>} */
    this.features = { town: [], village: [], group: [] };
    /** @type {Set<string>} */
    this.groupsOf = new Set();
  }

  /** @param {Area} area */
  add(area) {
    this.items.set(area.code, { ...this.items.get(area.code), ...area });
  }

  /** @param {string | null | undefined} code */
  find(code) {
    return (code && this.items.get(code)) || null;
  }

  async loadCounty() {
    const { items } = await read("/api/areas", { type: "county" });
    for (const item of items) this.add(item);
    return items[0] || null;
  }

  /**
   * Loads the outlines of all towns or all villages.
   * @param {"town" | "village"} type
   */
  async loadShapes(type) {
    const features = await readOutlines({ type });
    for (const feature of features) this.add(feature.properties);
    this.features[type] = features;
  }

  /**
   * Loads the groups of a village once.
   * @param {string} village
   */
  async loadGroups(village) {
    if (this.groupsOf.has(village)) return;
    const features = await readOutlines({ type: "group", within: village });
    for (const feature of features) this.add(feature.properties);
    this.features.group.push(...features);
    this.groupsOf.add(village);
  }

  /**
   * Loads an area which only the address names, and whatever it lies in.
   * @param {string} code
   */
  async loadLineage(code) {
    /** @type {string | null} */
    let next = code;
    while (next && !this.find(next)) {
      /** @type {Area} */
      const area = await read(`/api/areas/${encodeURIComponent(next)}`);
      this.add(area);
      next = area.parent_code || null;
    }
  }

  /**
   * From the highest area down to `code`.
   * @param {string | null | undefined} code
   */
  lineage(code) {
    /** @type {Area[]} */
    const line = [];
    for (let area = this.find(code); area; area = this.find(area.parent_code)) line.unshift(area);
    return line;
  }

  /**
   * The areas directly under `code`, by code.
   * @param {string} code
   */
  children(code) {
    return [...this.items.values()].filter((area) => area.parent_code === code).sort(byCode);
  }

  /**
   * Shapes of the groups of one village.
   * @param {string | null | undefined} village
   */
  groupFeatures(village) {
    return this.features.group.filter((feature) => feature.properties.parent_code === village);
  }

  /**
   * The shape of one area, if it is here; a county's is that of all its towns.
   * @param {string | null | undefined} code
   */
  featuresOf(code) {
    const area = this.find(code);
    if (!area || area.type === "county") return this.features.town;
    return (this.features[area.type] || []).filter((feature) => feature.properties.code === code);
  }

  /**
   * Where a click on `clicked` leads from `current`: one step down from what both
   * have in common, so that no level is jumped over.
   * @param {string} clicked
   * @param {string | null | undefined} current
   */
  stepTowards(clicked, current) {
    const there = this.lineage(clicked);
    const here = this.lineage(current);
    let depth = 0;
    while (depth < here.length && depth < there.length && here[depth].code === there[depth].code) depth += 1;
    const target = there[Math.min(depth, there.length - 1)];
    return target ? target.code : null;
  }
}
