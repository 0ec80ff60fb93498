/* What the frame's address asks for, and the API asked as anybody would ask it. */

import { call } from "../shared/api.js";

const query = new URLSearchParams(window.location.search);
const word = (name, otherwise = "") => query.get(name) || otherwise;

/** The parameters of the frame's address. */
export const wanted = {
  key: word("key"),
  area: word("area"),
  layer: word("layer", "heat"),
  from: word("from"),
  to: word("to"),
  group: word("group"),
  theme: ["light", "dark"].includes(word("theme")) ? word("theme") : "auto",
};

/** Reads `path` with the portal's key and never with the visitor's cookies; see call(). */
export function ask(path, parameters = {}, readAs = undefined) {
  const pairs = Object.entries({ ...parameters, portal_key: wanted.key });
  const search = new URLSearchParams(pairs.filter(([, value]) => value)).toString();
  return call(search ? `${path}?${search}` : path, { credentials: "omit" }, readAs);
}
