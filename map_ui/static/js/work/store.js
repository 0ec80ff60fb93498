/* What the phone keeps until the service has it: unsent acts and drafts, in IndexedDB. */

import { _ } from "../shared/words.js";

/** @typedef {Record<string, string | File[]>} Values what stands in a form, by names */

/**
 * Something done on this phone that the service is to learn.
 * @typedef {object} Act
 * @property {string} verb
 * @property {string | null} request the case, by its id; none for an order
 * @property {string} number of the case
 * @property {string} title of the case
 * @property {string} path where it is sent
 * @property {Blob} [file]
 * @property {Record<string, unknown> | null} body
 */

/**
 * An act that is kept: whose it is, in which order it goes, and why it was refused.
 * @typedef {Act & { order: number, owner: string, key: string, at: number, refusal: string[] | null }} KeptAct
 */

/**
 * @typedef {object} Stores
 * @property {KeptAct} outbox
 * @property {{ name: string, values: Values }} drafts
 * @property {{ name: string, me?: Visitor, items?: Schema<"ServiceOut">[] }} self
 */

/** @type {Promise<IDBDatabase> | null} */
let opening = null;

/** @returns {Promise<IDBDatabase>} */
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

/**
 * Does `work` in one transaction; its result stands only after it is on the disk.
 * @template T
 * @param {(keyof Stores)[]} names
 * @param {IDBTransactionMode} mode
 * @param {(transaction: IDBTransaction) => IDBRequest<T> | void} work
 * @returns {Promise<T | undefined>}
 */
async function within(names, mode, work) {
  /** @type {IDBDatabase} */
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

/**
 * Everything in a store, in its order.
 * @template {keyof Stores} S
 * @param {S} store
 * @returns {Promise<Stores[S][]>}
 */
export async function listKept(store) {
  return (await within([store], "readonly", (transaction) => transaction.objectStore(store).getAll())) || [];
}

/**
 * One value, or undefined.
 * @template {keyof Stores} S
 * @param {S} store
 * @param {string} key
 * @returns {Promise<Stores[S] | undefined>}
 */
export function findKept(store, key) {
  return within([store], "readonly", (transaction) => transaction.objectStore(store).get(key));
}

/**
 * Keeps all of `values`, or none of them; an act without an order comes last.
 * @template {keyof Stores} S
 * @param {S} store
 * @param {(S extends "outbox" ? Omit<KeptAct, "order"> : Stores[S])[]} values
 */
export function keep(store, ...values) {
  return within([store], "readwrite", (transaction) => {
    for (const value of values) transaction.objectStore(store).put(value);
  });
}

/**
 * Takes one value away.
 * @param {keyof Stores} store
 * @param {string | number} key
 */
export function forget(store, key) {
  return within([store], "readwrite", (transaction) => {
    transaction.objectStore(store).delete(key);
  });
}

/**
 * Leaves nothing of an account on this phone; what is another's, is theirs.
 * @param {string} owner
 */
export async function forgetAllOf(owner) {
  const { acts, drafts } = await listAllOf(owner);
  await within(["outbox", "drafts", "self"], "readwrite", (transaction) => {
    for (const { order } of acts) transaction.objectStore("outbox").delete(order);
    for (const { name } of drafts) transaction.objectStore("drafts").delete(name);
    transaction.objectStore("self").delete("me");
  });
}

/**
 * Everything that an account has not handed over.
 * @param {string} owner
 */
export async function listAllOf(owner) {
  const acts = (await listKept("outbox")).filter((act) => act.owner === owner);
  const drafts = (await listKept("drafts")).filter(({ name }) => name.startsWith(`${owner}/`));
  return { acts, drafts };
}
