/* Choosing a person: from those at hand, or found by part of the name or code. */

import { read } from "../shared/api.js";
import { joined } from "../shared/directions.js";
import { el } from "../shared/dom.js";
import { _ } from "../shared/words.js";
import { dutiesText } from "./duty-words.js";
import { report } from "./status.js";

const MOST = 100;

let fields = 0;

/**
 * A choice of one person in `group`, a fieldset with data-field; the select has its name.
 * `without` is the id of somebody who cannot be chosen.
 */
export class PersonChoice {
  /** @param {HTMLElement} group */
  constructor(group) {
    fields += 1;
    const id = `person-choice-${fields}`;
    this.without = "";
    this.words = el("input", {
      id: `${id}-q`,
      type: "search",
      maxlength: 60,
      autocomplete: "off",
      // Enter looks for somebody; it does not send the form.
      onkeydown: (event) => {
        if (event.key !== "Enter") return;
        event.preventDefault();
        this.find();
      },
    });
    this.box = el("select", { id, name: group.dataset.field });
    this.note = el("p", { class: "hint-line", role: "status" });
    group.append(
      el(
        "div",
        { class: "field" },
        el("label", { for: `${id}-q`, text: _("Part of the name as it is shown, or a code") }),
        el(
          "div",
          { class: "finder" },
          this.words,
          el("button", { type: "button", class: "secondary", text: _("Find"), onclick: () => this.find() }),
        ),
      ),
      el("div", { class: "field" }, el("label", { for: id, text: _("Person") }), this.box, this.note),
    );
  }

  /** Begins anew with the people of an area, or of all one's areas. */
  start({ area = "", without = "" } = {}) {
    this.without = without;
    this.words.value = "";
    return this.fill({ area });
  }

  find() {
    this.fill({ q: this.words.value.trim() }).catch((error) => report(error, () => this.find()));
  }

  /** @param {{ area?: string, q?: string }} query */
  async fill(query) {
    const { items, next } = await read("/api/people", { ...query, limit: MOST });
    const people = items.filter(({ id }) => id !== this.without);
    this.box.replaceChildren(
      el("option", { value: "", text: _("Please choose") }),
      ...people.map((person) =>
        el("option", {
          value: person.id,
          text: joined([person.name, person.code, person.duties.length ? dutiesText(person.duties) : ""]),
        }),
      ),
    );
    if (query.q && people.length === 1) this.box.value = people[0].id;
    this.note.textContent = this.noteOf(people.length, next);
  }

  /**
   * @param {number} count
   * @param {string | null | undefined} next
   */
  noteOf(count, next) {
    if (next) return _("Only the first %(count)s are offered; type more of the name", { count });
    return count ? "" : _("Nobody is found");
  }

  get value() {
    return this.box.value;
  }
}
