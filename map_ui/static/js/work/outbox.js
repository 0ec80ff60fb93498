/* The outbox: every act goes through it, so that a broken network loses none. */

import { isGivenUp, linesOf, needsLogin, Problem, read, send } from "../shared/api.js";
import { makeKey } from "../shared/keys.js";
import { _ } from "../shared/words.js";
import { forget, keep, listKept } from "./store.js";

/** @typedef {import("./store.js").Act} Act */
/** @typedef {import("./store.js").KeptAct} KeptAct */

/**
 * Who is told: of any change, of what the service has taken, of another account here.
 * @typedef {object} Listeners
 * @property {() => void} onchange
 * @property {(act: KeptAct, reply: unknown) => void} onsent
 * @property {() => void} onstranger
 */

// What is sent within this time was never waiting, as people see it.
const MOMENT_MS = 1_000;
const PATIENCE_MS = 60_000;
const PAUSES_MS = [3_000, 10_000, 30_000, 120_000];

/** @param {Blob} file */
function formOf(file) {
  const form = new FormData();
  form.append("file", file, "photo");
  return form;
}

/**
 * True for what another try may mend: the network, the service's load, the sign-in.
 * @param {unknown} error
 */
export function isPassing(error) {
  if (isGivenUp(error) || needsLogin(error)) return true;
  return error instanceof Problem && ([0, 408, 425, 429].includes(error.status) || error.status >= 500);
}

/** @param {Problem} problem */
function wordsOf(problem) {
  const lines = linesOf(problem);
  if (problem.status === 409) lines.push(_("Read the request again: somebody may have been faster"));
  return lines;
}

/**
 * The next act that does not wait behind a refused one of the same request.
 * @param {KeptAct[]} acts
 */
export function nextOf(acts) {
  return acts.find(
    (act, i) =>
      !act.refusal && !acts.slice(0, i).some((one) => one.refusal && act.request && one.request === act.request),
  );
}

/** Unsent acts of one account. */
export class Outbox {
  /**
   * @param {string} owner
   * @param {Listeners} listeners
   */
  constructor(owner, listeners) {
    this.owner = owner;
    this.listeners = listeners;
    /** @type {KeptAct[]} */
    this.acts = [];
    /** @type {unknown} */
    this.trouble = null;
    this.tries = 0;
    this.timer = 0;
    this.isSending = false;
  }

  async read() {
    this.acts = (await listKept("outbox")).filter((act) => act.owner === this.owner);
  }

  async load() {
    await this.read();
    this.listeners.onchange();
  }

  /**
   * Acts on one request that are under way or refused, oldest first.
   * @param {string} request
   */
  of(request) {
    return this.acts.filter((act) => request && act.request === request);
  }

  /**
   * Keeps acts, all or none, and tries to send them.
   * @param {Act[]} acts
   */
  async add(...acts) {
    const at = Date.now();
    await keep("outbox", ...acts.map((act) => ({ ...act, owner: this.owner, key: makeKey(), at, refusal: null })));
    await this.read();
    this.flush();
    this.listeners.onchange();
    window.setTimeout(this.listeners.onchange, MOMENT_MS);
  }

  /**
   * Takes away an act; those that waited behind it may go.
   * @param {KeptAct} act
   */
  async dismiss(act) {
    await forget("outbox", act.order);
    await this.load();
    this.flush();
  }

  /** True when somebody should be told that something waits. */
  isWorthTelling() {
    const isMoment = this.isSending && !this.trouble && this.acts.every((act) => Date.now() - act.at < MOMENT_MS);
    return this.acts.length > 0 && !isMoment;
  }

  async flush() {
    if (this.isSending || !nextOf(this.acts)) return;
    this.isSending = true;
    window.clearTimeout(this.timer);
    try {
      // Whoever signed in meanwhile, in another tab, must not act in our name.
      const me = await read("/api/me");
      if (me.username !== this.owner) {
        this.listeners.onstranger();
        return;
      }
      for (let act = nextOf(this.acts); act; act = nextOf(this.acts)) await this.send(act);
      this.trouble = null;
      this.tries = 0;
    } catch (error) {
      if (!isPassing(error)) throw error;
      this.trouble = error;
      this.wait();
    } finally {
      this.isSending = false;
      this.listeners.onchange();
    }
  }

  wait() {
    const pause = PAUSES_MS[Math.min(this.tries, PAUSES_MS.length - 1)];
    this.tries += 1;
    if (!needsLogin(this.trouble)) this.timer = window.setTimeout(() => this.flush(), pause);
  }

  /** @param {KeptAct} act */
  async send(act) {
    const patience = new AbortController();
    const timer = window.setTimeout(() => patience.abort(), PATIENCE_MS);
    try {
      const body = act.file ? formOf(act.file) : act.body || {};
      const reply = await send(act.path, body, { key: act.key, signal: patience.signal });
      await forget("outbox", act.order);
      await this.read();
      this.listeners.onsent(act, reply);
    } catch (error) {
      if (isPassing(error) || !(error instanceof Problem)) throw error;
      await keep("outbox", { ...act, refusal: wordsOf(error) });
      await this.load();
    } finally {
      window.clearTimeout(timer);
    }
  }
}
