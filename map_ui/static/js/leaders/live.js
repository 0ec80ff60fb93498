/* News of cases as they happen; where they do not come, the refresh button remains. */

// A little later, so that what belongs together is fetched together; and never in a hurry.
const SOON_MS = 600;
const GENTLY_MS = 10000;
// A refusal is final to a browser. It may have been that too many listened.
const REFUSED_MS = 60_000;

/**
 * Calls `onNews()` soon after something happened to a case, but seldom.
 * @param {() => void} onNews
 */
export function startLive(onNews) {
  /** @type {EventSource} */
  let source;
  let waiting = 0;
  let again = 0;
  let last = 0;
  const tell = () => {
    waiting = 0;
    last = Date.now();
    onNews();
  };
  const hear = () => {
    if (!waiting) waiting = window.setTimeout(tell, Math.max(SOON_MS, last + GENTLY_MS - Date.now()));
  };
  const listen = () => {
    source = new EventSource("/api/events");
    source.addEventListener("request", hear);
    source.addEventListener("error", () => {
      if (source.readyState !== EventSource.CLOSED) return;
      // Whoever is signed out meanwhile learns it by asking.
      hear();
      again = window.setTimeout(listen, REFUSED_MS);
    });
  };
  // A browser keeps few connections to one host: a page that nobody sees takes none.
  document.addEventListener("visibilitychange", () => {
    source.close();
    clearTimeout(waiting);
    clearTimeout(again);
    waiting = 0;
    if (document.hidden) return;
    listen();
    hear();
  });
  listen();
}
