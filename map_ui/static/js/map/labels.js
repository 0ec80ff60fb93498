/* Where names go on the map, so that no two lie on each other. */

/** @typedef {{ left: number, top: number, right: number, bottom: number }} Box */
/** @typedef {{ x: number, y: number, width: number, height: number, rank: number }} Label */

// Longer names are cut: a name that covers its neighbours helps nobody.
const LONGEST = 20;

/** A name as the map writes it, never longer than its neighbours bear. @param {string} text */
export const cut = (text) => ([...text].length > LONGEST ? `${[...text].slice(0, LONGEST - 1).join("")}…` : text);

/**
 * A name of Chinese letters with room between them; canvas letter-spacing is newer than
 * our browser floor, hair spaces do.
 * @param {string} text
 */
export const spread = (text) => (/[\u3400-\u9fff]/.test(text) ? [...text].join("\u200a\u200a") : text);

// Tried in this order: on the point, then beside it, by shares of the label's size.
const SHIFTS = [
  [0, 0],
  [0, -0.9],
  [0, 0.9],
  [0.45, 0],
  [-0.45, 0],
  [0.45, -0.9],
  [-0.45, -0.9],
  [0.45, 0.9],
  [-0.45, 0.9],
];

/** @type {(a: Box, b: Box, gap: number) => boolean} */
const overlap = (a, b, gap) =>
  a.left < b.right + gap && b.left < a.right + gap && a.top < b.bottom + gap && b.top < a.bottom + gap;

/**
 * Places labels `{x, y, width, height, rank}` inside `size`; a lower rank goes first.
 * Nothing is put over `obstacles`, boxes of the same coordinates.
 * Returns those that found room, each with `left, top, right, bottom`.
 * @template {Label} L
 * @param {L[]} labels
 * @param {{ width: number, height: number }} size
 * @param {{ gap?: number, obstacles?: Box[] }} [options]
 * @returns {(L & Box)[]}
 */
export function placeLabels(labels, size, { gap = 4, obstacles = [] } = {}) {
  /** @type {(L & Box)[]} */
  const placed = [];
  const inOrder = labels
    .map((label, index) => ({ label, index }))
    .sort((a, b) => a.label.rank - b.label.rank || a.index - b.index);
  for (const { label } of inOrder) {
    for (const [across, down] of SHIFTS) {
      const left = label.x - label.width / 2 + across * label.width;
      const top = label.y - label.height / 2 + down * label.height;
      const box = { left, top, right: left + label.width, bottom: top + label.height };
      const inside = left >= 0 && top >= 0 && box.right <= size.width && box.bottom <= size.height;
      if (inside && ![...placed, ...obstacles].some((other) => overlap(box, other, gap))) {
        placed.push({ ...label, ...box });
        break;
      }
    }
  }
  return placed;
}
