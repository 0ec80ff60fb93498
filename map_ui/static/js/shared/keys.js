/* Keys that make a retry harmless. */

/** A key that nobody else draws. */
export function makeKey() {
  // randomUUID is kept from pages that came by http; this is not.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
