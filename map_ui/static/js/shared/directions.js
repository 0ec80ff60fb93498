/* Text within a sentence: what runs from right to left turns nothing around it. */

const FIRST_STRONG = "\u2068";
const END = "\u2069";
// Marks of direction, and the scripts that run from right to left.
const TURNING = /[\u0590-\u08ff\u200e\u200f\u202a-\u202e\u2066-\u2069\ufb1d-\ufdff\ufe70-\ufefc]/;
const MARKS = /[\u2066-\u2069]/g;

/**
 * `text` for a place in a sentence or beside other words; only what can turn others is
 * wrapped. CSS does not do: an unmatched end mark in the text ends its isolation, too.
 * @param {string} text
 */
export function isolated(text) {
  if (!TURNING.test(text)) return text;
  let depth = 0;
  let before = 0;
  for (const mark of text.match(MARKS) || []) {
    depth += mark === END ? -1 : 1;
    // What ends more than the text began is given something to end.
    if (depth < 0) {
      depth = 0;
      before += 1;
    }
  }
  return FIRST_STRONG.repeat(before + 1) + text + END.repeat(depth + 1);
}

/**
 * Several texts in one line; what is empty is left out.
 * @param {(string | null | undefined | false | 0)[]} texts
 */
export function joined(texts, between = " · ") {
  return texts.flatMap((text) => (text ? [isolated(text)] : [])).join(between);
}
