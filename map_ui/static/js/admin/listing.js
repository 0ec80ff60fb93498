/* Lists that are read page by page, as tables; on a phone each row becomes a card. */

import { read } from "../shared/api.js";
import { allWithin, el, within } from "../shared/dom.js";
import { _ } from "../shared/words.js";
import { report } from "./status.js";

const PAGE = 50;

/**
 * A row's name as the button that opens its dialog.
 * @param {string} text
 * @param {() => unknown} onclick
 */
export function opener(text, onclick) {
  return el("button", { type: "button", class: "linkish", "aria-haspopup": "dialog", text, onclick });
}

/**
 * A list in `box`: a .listing with a table (its head written in the template), a note
 * and a "more" button. `rowOf(item)` gives the contents of a row's cells, a text or an
 * element each, in the order of the columns; the first one names the row.
 * @template T
 */
export class Listing {
  /**
   * @param {HTMLElement} box
   * @param {{ path: string, rowOf: (item: T) => (Node | string)[], empty?: string }} what
   */
  constructor(box, { path, rowOf, empty = _("Nothing is found") }) {
    this.box = box;
    this.path = path;
    this.rowOf = rowOf;
    this.empty = empty;
    this.body = within(box, "tbody", HTMLTableSectionElement);
    this.labels = allWithin(box, "thead th").map((cell) => cell.textContent || "");
    this.note = within(box, ".listing__note");
    this.moreButton = within(box, ".listing__more");
    this.moreButton.addEventListener("click", () => this.more().catch((error) => report(error, () => this.more())));
    /** @type {Query} */
    this.query = {};
    /** @type {string | null} */
    this.next = null;
    this.turn = 0;
  }

  /** Reads the first page of what `query` asks for. @param {Query} [query] */
  async load(query = this.query) {
    this.query = query;
    const items = await this.page();
    if (!items) return;
    const held = [...this.body.rows].findIndex((row) => row.contains(document.activeElement));
    this.body.replaceChildren(...items.map((item) => this.row(item)));
    if (held >= 0) this.refocus(held);
    this.note.textContent = items.length ? "" : this.empty;
  }

  /**
   * Reads the list anew for what `wanted()` says: whenever `form` is sent, and by what is returned.
   * @param {HTMLFormElement} form
   * @param {() => Query} wanted
   */
  follow(form, wanted) {
    const find = () => this.load(wanted()).catch((error) => report(error, find));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      find();
    });
    return find;
  }

  /**
   * What had the focus is written anew: its place keeps it, or else the heading has it.
   * @param {number} place
   */
  refocus(place) {
    const row = this.body.rows[Math.min(place, this.body.rows.length - 1)];
    const section = this.box.closest("section");
    const [next] = [...(row ? allWithin(row, "button, a") : []), ...(section ? allWithin(section, "h2") : [])];
    next?.focus();
  }

  /** Adds the next page, and goes to its first row. */
  async more() {
    const items = await this.page(this.next);
    if (!items) return;
    const rows = items.map((item) => this.row(item));
    this.body.append(...rows);
    if (rows[0]) allWithin(rows[0], "button, a")[0]?.focus();
  }

  /**
   * The items of one page; null when somebody has asked for something else meanwhile.
   * @param {string | null} [cursor]
   */
  async page(cursor = null) {
    this.turn += 1;
    const mine = this.turn;
    this.box.setAttribute("aria-busy", "true");
    try {
      const page = /** @type {{ items: T[], next: string | null }} */ (
        await read(this.path, { ...this.query, cursor, limit: PAGE })
      );
      if (mine !== this.turn) return null;
      this.next = page.next;
      this.moreButton.hidden = !page.next;
      return page.items;
    } finally {
      if (mine === this.turn) this.box.removeAttribute("aria-busy");
    }
  }

  /** @param {T} item */
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
