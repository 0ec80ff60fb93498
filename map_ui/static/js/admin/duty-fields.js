/* What is filled in to give a duty: which, where, from when on. */

import { read } from "../shared/api.js";
import { joined } from "../shared/directions.js";
import { el } from "../shared/dom.js";
import { dutyName } from "../shared/duties.js";
import { _ } from "../shared/words.js";
import { AreaChoice } from "./area-choice.js";
import { day, dutyKinds } from "./duty-words.js";
import { ownAreas } from "./rights.js";
import { report } from "./status.js";

let fields = 0;

/**
 * @param {string} label
 * @param {HTMLInputElement | HTMLSelectElement} control
 */
function field(label, control) {
  fields += 1;
  control.id = `duty-field-${fields}`;
  return el("div", { class: "field" }, el("label", { for: control.id, text: label }), control);
}

/** The fields of a duty in `group`. */
export class DutyFields {
  /**
   * @param {HTMLElement} group
   * @param {Visitor} visitor
   */
  constructor(group, visitor) {
    /** @type {Schema<"DutyKindOut">[]} */
    this.kinds = [];
    this.kind = el("select", { name: "kind", onchange: () => this.place() });
    this.zone = el("select", { name: "zone_id" });
    this.zoneField = field(_("Zone"), this.zone);
    this.from = el("input", { name: "valid_from", type: "date" });
    this.to = el("input", { name: "valid_to", type: "date" });
    const where = el("fieldset", { class: "group", "data-field": "area_code" }, el("legend", { text: _("Where") }));
    this.areas = new AreaChoice(where, { deepest: "group", own: ownAreas(visitor), onChange: () => this.place() });
    this.own = ownAreas(visitor);
    group.append(
      field(_("Kind of duty"), this.kind),
      el("p", { class: "hint-line", text: _("In this order the duties of a place are asked, one after the other.") }),
      where,
      this.zoneField,
      el(
        "div",
        { class: "pair" },
        field(_("First day"), this.from),
        field(_("Day from which it no longer holds, if known"), this.to),
      ),
    );
  }

  /** Begins anew. */
  async start() {
    this.kinds = await dutyKinds();
    this.kind.replaceChildren(
      el("option", { value: "", text: _("Please choose") }),
      ...this.kinds
        .filter(({ may_give: may }) => may)
        .map(({ kind }) => el("option", { value: kind, text: dutyName(kind) })),
    );
    this.from.value = day();
    this.to.value = "";
    await this.areas.start(this.own.slice(0, 1));
    await this.place();
  }

  /** @returns {string[]} */
  get places() {
    return this.kinds.find(({ kind }) => kind === this.kind.value)?.places || [];
  }

  /** Offers the zones of the area, where the duty may be for a zone. */
  async place() {
    const area = this.areas.shown;
    this.zoneField.hidden = !area || !this.places.includes("zone");
    this.zone.replaceChildren();
    if (!area || this.zoneField.hidden) return;
    const isWhole = this.places.includes(area.type || "");
    const all = isWhole ? _("All of %(name)s", { name: area.name }) : _("Please choose");
    this.zone.replaceChildren(el("option", { value: "", text: all }));
    try {
      const { items } = await read("/api/zones", { area: area.code, limit: 1000 });
      if (this.areas.shown?.code !== area.code || !this.places.includes("zone")) return;
      this.zone.replaceChildren(
        el("option", { value: "", text: all }),
        ...items.map(({ id, name, code }) => el("option", { value: id, text: joined([name, code]) })),
      );
    } catch (error) {
      report(error, () => this.place());
    }
  }

  /** What the service is sent; null as long as no duty is chosen. */
  get terms() {
    if (!this.kind.value) return null;
    return {
      kind: this.kind.value,
      ...(this.zone.value ? { zone_id: this.zone.value } : { area_code: this.areas.shown?.code || "" }),
      valid_from: this.from.value,
      ...(this.to.value ? { valid_to: this.to.value } : {}),
    };
  }
}
