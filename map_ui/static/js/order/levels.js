/* Town, village, group: each choice fills the next. */

import { byId, el } from "../shared/dom.js";
import { ask } from "../shared/resident/api.js";
import { _ } from "../shared/words.js";

const boxes = () => [byId("town"), byId("village"), byId("group")];

// The parent whose parts a box waits for: who scrolls through the list asks for many.
/** @type {WeakMap<HTMLSelectElement, string>} */
const awaited = new WeakMap();

/**
 * @param {HTMLSelectElement} box
 * @param {string} parent
 */
async function fill(box, parent) {
  awaited.set(box, parent);
  box.replaceChildren(el("option", { value: "", text: _("Choose …") }));
  box.disabled = true;
  if (!parent) return;
  const { items } = await ask("/api/areas", { parent, limit: 1000 });
  if (awaited.get(box) !== parent) return;
  box.append(...items.map((item) => el("option", { value: item.code, text: item.name })));
  box.disabled = items.length === 0;
}

/** Empties all choices but the first one's list. */
export function clearLevels() {
  const [first, ...rest] = boxes();
  first.value = "";
  rest.forEach((box) => {
    fill(box, "");
  });
}

/**
 * Fills the first box with the parts of `county`; `onArea` gets the chosen areas,
 * `{code, name}` from the widest on, `onTrouble` what went wrong.
 * @param {string} county
 * @param {{ onArea: (areas: NamedArea[]) => void, onTrouble: (error: unknown) => void }} listeners
 */
export async function startLevels(county, { onArea, onTrouble }) {
  const chosen = () =>
    boxes()
      .filter((box) => box.value)
      .map((box) => ({ code: box.value, name: box.selectedOptions[0].text }));
  boxes().forEach((box, level, all) => {
    box.addEventListener("change", async () => {
      all.slice(level + 1).forEach((lower) => {
        fill(lower, "");
      });
      onArea(chosen());
      try {
        if (all[level + 1]) await fill(all[level + 1], box.value);
      } catch (error) {
        onTrouble(error);
      }
    });
  });
  await fill(boxes()[0], county);
}
