/* Where somebody goes who has signed in. */

/** @type {Record<string, string>} */
const HOMES = { handler: "/work", auditor: "/admin" };

/** Where somebody begins who did not say where to: at what they are there for. @param {string} role */
export const homeOf = (role) => HOMES[role] || "/";

/**
 * Where to go afterwards: a path of this site, never another one.
 * @param {string} asked
 * @param {string} home
 * @param {string} origin of this site
 */
export function nextAddress(asked, home, origin) {
  try {
    const address = new URL(asked, origin);
    const isOurs = address.origin === origin && asked.startsWith("/");
    if (isOurs && address.pathname !== "/login") return address.pathname + address.search + address.hash;
  } catch {
    // not an address at all
  }
  return home;
}
