/* Choosing areas level by level: county or town, then village, then group. */

import { read } from "../shared/api.js";
import { el } from "../shared/dom.js";
import { _ } from "../shared/words.js";

/** @typedef {{ code: string, name: string, type?: string }} Area */

const DEPTH = { town: 1, village: 2, group: 3 };

/** @type {Map<string, Promise<Area[]>>} */
const known = new Map();

/**
 * The areas directly in `parent`, or of a `type`, by code; asked for once.
 * @param {{ parent?: string, type?: string }} query
 * @returns {Promise<Area[]>}
 */
function areasOf(query) {
  const key = JSON.stringify(query);
  const before = known.get(key);
  if (before) return before;
  const asked = read("/api/areas", { ...query, limit: 1000 }).then(({ items }) => items);
  known.set(key, asked);
  asked.catch(() => known.delete(key));
  return asked;
}

/** What one may begin with: one's own areas, or county and towns. @param {Area[]} own */
async function tops(own) {
  const areas = own.length ? own : await areasOf({ type: "county" });
  const towns = await Promise.all(
    areas.filter(({ type }) => type === "county").map(({ code }) => areasOf({ parent: code })),
  );
  return [...areas, ...towns.flat()];
}

/**
 * A choice of areas in `group`, a fieldset. `deepest` is the narrowest level that is
 * offered, `own` the areas that a visitor is bound to, `isMany` lets several be added,
 * `nothing` says what it means that none is chosen; `onChange()` is called whenever the
 * choice changes.
 */
export class AreaChoice {
  /**
   * @param {HTMLElement} group
   * @param {{ isMany?: boolean, deepest?: keyof typeof DEPTH, own?: Area[], nothing?: string, onChange?: () => void }} [way]
   */
  constructor(
    group,
    { isMany = false, deepest = "village", own = [], nothing = _("Please choose"), onChange = () => {} } = {},
  ) {
    this.isMany = isMany;
    this.own = own;
    this.nothing = nothing;
    this.onChange = onChange;
    /** @type {Area[]} */
    this.added = [];
    const labels = [_("Area"), _("Next level down"), _("Level below that")].slice(0, DEPTH[deepest]);
    this.boxes = labels.map((label, level) =>
      el("select", { "aria-label": label, onchange: () => this.narrow(level) }),
    );
    this.chips = el("ul", { class: "chips", hidden: true });
    const adding = isMany
      ? [el("button", { type: "button", class: "secondary", text: _("Add"), onclick: () => this.add() })]
      : [];
    group.append(el("div", { class: "field levels" }, this.boxes, adding), this.chips);
  }

  /** Begins anew with `areas` chosen already. @param {Area[]} [areas] */
  async start(areas = []) {
    this.added = this.isMany ? [...areas] : [];
    this.boxes.forEach((box) => {
      this.fill(box, []);
    });
    this.showChips();
    const found = await tops(this.own);
    const chosen = this.isMany ? null : areas[0];
    // What lies deeper than one's first step is offered as it is.
    const isListed = !chosen || found.some(({ code }) => code === chosen.code);
    this.fill(this.boxes[0], isListed ? found : [chosen, ...found]);
    if (chosen) this.boxes[0].value = chosen.code;
    if (chosen) await this.narrow(0);
  }

  /**
   * @param {HTMLSelectElement} box
   * @param {Area[]} areas
   */
  fill(box, areas) {
    box.replaceChildren(
      el("option", { value: "", text: this.nothing }),
      ...areas.map(({ code, name, type }) => el("option", { value: code, text: name, "data-type": type })),
    );
    box.hidden = areas.length === 0 && box !== this.boxes[0];
  }

  /** @param {number} level */
  async narrow(level) {
    const lower = this.boxes.slice(level + 1);
    lower.forEach((box) => {
      this.fill(box, []);
    });
    const { value, selectedOptions } = this.boxes[level];
    this.onChange();
    // The parts of the county stand beside it already.
    if (!value || !lower.length || selectedOptions[0].dataset.type === "county") return;
    const parts = await areasOf({ parent: value });
    if (this.boxes[level].value === value) this.fill(lower[0], parts);
  }

  /** The area which the boxes show, or null. @returns {Area | null} */
  get shown() {
    const box = [...this.boxes].reverse().find(({ value }) => value);
    if (!box) return null;
    const [option] = box.selectedOptions;
    return { code: box.value, name: option.text, type: option.dataset.type };
  }

  /** Codes of everything chosen; what was chosen last need not be added by hand. */
  get codes() {
    const areas = this.shown ? [...this.added, this.shown] : this.added;
    return [...new Set(areas.map(({ code }) => code))];
  }

  add() {
    const area = this.shown;
    if (!area) return;
    if (!this.added.some(({ code }) => code === area.code)) this.added.push(area);
    this.boxes[0].value = "";
    this.narrow(0);
    this.showChips();
  }

  showChips() {
    this.chips.hidden = this.added.length === 0;
    this.chips.replaceChildren(
      ...this.added.map((area) =>
        el(
          "li",
          {},
          el("span", { text: area.name }),
          el("button", {
            type: "button",
            class: "chip__away",
            "aria-label": _("Remove %(name)s", { name: area.name }),
            text: "×",
            onclick: () => {
              this.added = this.added.filter(({ code }) => code !== area.code);
              this.showChips();
              this.boxes[0].focus();
            },
          }),
        ),
      ),
    );
  }
}
