/* Whether somebody is at the page: what it asks for by itself keeps nobody signed in. */

// The service notes use by the minute; nobody is at the page who was still for longer.
const STILL_MS = 60_000;

let last = performance.now();

["pointerdown", "keydown", "wheel"].forEach((sign) => {
  window.addEventListener(
    sign,
    () => {
      last = performance.now();
    },
    { capture: true, passive: true },
  );
});

/** True while a hand was on the page within the last minute. */
export function isAttended() {
  return performance.now() - last < STILL_MS;
}
