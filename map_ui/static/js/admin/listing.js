/* Lists that are read page by page, as tables; on a phone each row becomes a card. */

import { read } from "../shared/api.js";
import { el } from "../shared/dom.js";
import { _ } from "../shared/words.js";
import { report } from "./status.js";

const PAGE = 50;

/** A row's name as the button that opens its dialog. */
export function opener(text, onclick) {
  return el("button", { type: "button", class: "linkish", "aria-haspopup": "dialog", text, onclick });
}

/**
 * A list in `box`: a .listing with a table (its head written in the template), a note
 * and a "more" button. `rowOf(item)` gives the contents of a row's cells, a text or an
 * element each, in the order of the columns; the first one names the row.
 */
export class Listing {
  constructor(box, { path, rowOf, empty = _("Nothing is found") }) {
    this.box = box;
    this.path = path;
    this.rowOf = rowOf;
    this.empty = empty;
    this.body = box.querySelector("tbody");
    this.labels = [...box.querySelectorAll("thead th")].map((cell) => cell.textContent);
    this.note = box.querySelector(".listing__note");
    this.moreButton = box.querySelector(".listing__more");
    this.moreButton.addEventListener("click", () => this.more().catch((error) => report(error, () => this.more())));
    this.query = {};
    this.turn = 0;
  }

  /** Reads the first page of what `query` asks for. */
  async load(query = this.query) {
    this.query = query;
    const { items } = await this.page({});
    if (!items) return;
    const held = [...this.body.rows].findIndex((row) => row.contains(document.activeElement));
    this.body.replaceChildren(...items.map((item) => this.row(item)));
    if (held >= 0) this.refocus(held);
    this.note.textContent = items.length ? "" : this.empty;
  }

  /** Reads the list anew for what `wanted()` says: whenever `form` is sent, and by what is returned. */
  follow(form, wanted) {
    const find = () => this.load(wanted()).catch((error) => report(error, find));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      find();
    });
    return find;
  }

  /** What had the focus is written anew: its place keeps it, or else the heading has it. */
  refocus(place) {
    const row = this.body.rows[Math.min(place, this.body.rows.length - 1)];
    (row?.querySelector("button, a") || this.box.closest("section").querySelector("h2")).focus();
  }

  /** Adds the next page, and goes to its first row. */
  async more() {
    const { items } = await this.page({ cursor: this.next });
    if (!items) return;
    const rows = items.map((item) => this.row(item));
    this.body.append(...rows);
    if (rows[0]) rows[0].querySelector("button, a")?.focus();
  }

  async page(position) {
    this.turn += 1;
    const mine = this.turn;
    this.box.setAttribute("aria-busy", "true");
    try {
      const page = await read(this.path, { ...this.query, ...position, limit: PAGE });
      // Somebody has asked for something else meanwhile.
      if (mine !== this.turn) return {};
      this.next = page.next;
      this.moreButton.hidden = !page.next;
      return page;
    } finally {
      if (mine === this.turn) this.box.removeAttribute("aria-busy");
    }
  }

  row(item) {
    // Said in full: as cards, rows and cells would lose their roles.
    return el(
      "tr",
      { role: "row" },
      this.rowOf(item).map((content, i) =>
        el(
          i ? "td" : "th",
          {
            role: i ? "cell" : "rowheader",
            scope: i ? null : "row",
            "data-label": this.labels[i],
          },
          content,
        ),
      ),
    );
  }
}
