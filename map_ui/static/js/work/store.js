/* What the phone keeps until the service has it: unsent acts and drafts, in IndexedDB. */

import { _ } from "../shared/words.js";

let opening = null;

function open() {
  if (opening) return opening;
  opening = new Promise((resolve, reject) => {
    const asked = window.indexedDB.open("minqing-work", 1);
    asked.onupgradeneeded = () => {
      // The order of adding is the order of sending.
      asked.result.createObjectStore("outbox", { keyPath: "order", autoIncrement: true });
      asked.result.createObjectStore("drafts", { keyPath: "name" });
      asked.result.createObjectStore("self", { keyPath: "name" });
    };
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
  return opening;
}

/** Does `work` in one transaction; its result stands only after it is on the disk. */
async function within(names, mode, work) {
  let base;
  try {
    base = await open();
  } catch {
    opening = null;
    throw new Error(_("This browser keeps nothing; allow it to store data for this site"));
  }
  return new Promise((resolve, reject) => {
    const transaction = base.transaction(names, mode);
    const asked = work(transaction);
    transaction.oncomplete = () => resolve(asked ? asked.result : undefined);
    transaction.onabort = () => reject(transaction.error);
  });
}

/** Everything in a store, in its order. */
export function listKept(store) {
  return within([store], "readonly", (transaction) => transaction.objectStore(store).getAll());
}

/** One value, or undefined. */
export function findKept(store, key) {
  return within([store], "readonly", (transaction) => transaction.objectStore(store).get(key));
}

/** Keeps all of `values`, or none of them. */
export function keep(store, ...values) {
  return within([store], "readwrite", (transaction) => {
    values.forEach((value) => {
      transaction.objectStore(store).put(value);
    });
  });
}

export function forget(store, key) {
  return within([store], "readwrite", (transaction) => {
    transaction.objectStore(store).delete(key);
  });
}

/** Leaves nothing of an account on this phone; what is another's, is theirs. */
export async function forgetAllOf(owner) {
  const { acts, drafts } = await listAllOf(owner);
  await within(["outbox", "drafts", "self"], "readwrite", (transaction) => {
    acts.forEach(({ order }) => {
      transaction.objectStore("outbox").delete(order);
    });
    drafts.forEach(({ name }) => {
      transaction.objectStore("drafts").delete(name);
    });
    transaction.objectStore("self").delete("me");
  });
}

/** Everything that an account has not handed over. */
export async function listAllOf(owner) {
  const acts = (await listKept("outbox")).filter((act) => act.owner === owner);
  const drafts = (await listKept("drafts")).filter(({ name }) => name.startsWith(`${owner}/`));
  return { acts, drafts };
}
