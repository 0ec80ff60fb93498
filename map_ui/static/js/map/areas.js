/* The areas of the county: who lies in whom, and their shapes. */

import { read } from "../shared/api.js";

/** Codes compare as text, whatever their length. */
const byCode = (a, b) => (a.code < b.code ? -1 : Number(a.code > b.code));

/** Everything the page knows of areas; shapes arrive level by level. */
export class Areas {
  constructor() {
    this.items = new Map();
    this.features = { town: [], village: [], group: [] };
    this.groupsOf = new Set();
  }

  add(area) {
    this.items.set(area.code, { ...this.items.get(area.code), ...area });
  }

  find(code) {
    return this.items.get(code) || null;
  }

  async loadCounty() {
    const { items } = await read("/api/areas", { type: "county" });
    items.forEach((item) => {
      this.add(item);
    });
    return items[0] || null;
  }

  /** Loads the outlines of all towns or all villages. */
  async loadShapes(type) {
    const { features } = await read("/api/areas.geojson", { type });
    features.forEach((feature) => {
      this.add(feature.properties);
    });
    this.features[type] = features;
  }

  /** Loads the groups of a village once. */
  async loadGroups(village) {
    if (this.groupsOf.has(village)) return;
    const { features } = await read("/api/areas.geojson", { type: "group", within: village });
    features.forEach((feature) => {
      this.add(feature.properties);
    });
    this.features.group.push(...features);
    this.groupsOf.add(village);
  }

  /** Loads an area which only the address names, and whatever it lies in. */
  async loadLineage(code) {
    for (let next = code; next && !this.find(next); ) {
      const area = await read(`/api/areas/${encodeURIComponent(next)}`);
      this.add(area);
      next = area.parent_code;
    }
  }

  /** From the highest area down to `code`. */
  lineage(code) {
    const line = [];
    for (let area = this.find(code); area; area = this.find(area.parent_code)) line.unshift(area);
    return line;
  }

  /** The areas directly under `code`, by code. */
  children(code) {
    return [...this.items.values()].filter((area) => area.parent_code === code).sort(byCode);
  }

  /** Shapes of the groups of one village. */
  groupFeatures(village) {
    return this.features.group.filter((feature) => feature.properties.parent_code === village);
  }

  /** The shape of one area, if it is here; a county's is that of all its towns. */
  featuresOf(code) {
    const area = this.find(code);
    if (!area || area.type === "county") return this.features.town;
    return (this.features[area.type] || []).filter((feature) => feature.properties.code === code);
  }

  /**
   * Where a click on `clicked` leads from `current`: one step down from what both
   * have in common, so that no level is jumped over.
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
