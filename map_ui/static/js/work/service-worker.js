/*
 * The service worker of /work: the page opens without a network. It keeps the empty
 * page and its files, never what the API answers. SHELL is written above by the server.
 */

const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));
const NAME = `minqing-work-${SHELL.version}`;
const PATIENCE_MS = 4_000;

worker.addEventListener("install", (event) => {
  event.waitUntil(
    caches
      .open(NAME)
      .then((cache) => cache.addAll([SHELL.page, ...SHELL.files]))
      .then(() => worker.skipWaiting()),
  );
});

worker.addEventListener("activate", (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) =>
        Promise.all(
          names.filter((name) => name.startsWith("minqing-work-") && name !== NAME).map((name) => caches.delete(name)),
        ),
      )
      .then(() => worker.clients.claim()),
  );
});

/** @param {Request} request */
async function keepPage(request) {
  const response = await fetch(request);
  if (response.ok && !response.redirected) {
    const cache = await caches.open(NAME);
    await cache.put(SHELL.page, response.clone());
  }
  return response;
}

/** The page of today where the network gives it in time, else the kept one. @param {Request} request */
async function openPage(request) {
  const kept = await caches.match(SHELL.page);
  const fresh = keepPage(request);
  if (!kept) return fresh;
  /** @type {Promise<Response>} */
  const late = new Promise((resolve) => {
    setTimeout(() => resolve(kept), PATIENCE_MS);
  });
  return Promise.race([fresh.catch(() => kept), late]);
}

worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const address = new URL(request.url);
  if (request.method !== "GET" || address.origin !== worker.location.origin) return;
  if (request.mode === "navigate" && address.pathname === SHELL.page) event.respondWith(openPage(request));
  else if (SHELL.files.includes(address.pathname)) {
    event.respondWith(caches.match(request).then((kept) => kept || fetch(request)));
  }
});
