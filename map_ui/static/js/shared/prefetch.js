/* What the page asked for in its head, while its scripts were still on their way. */

const asked = new Map(Object.entries(window.asked || {}));

/**
 * The reply to `path`, if it was asked for already; once, since it grows old.
 * @param {string} path
 */
export function takeEarly(path) {
  const reply = asked.get(path);
  asked.delete(path);
  return reply;
}
