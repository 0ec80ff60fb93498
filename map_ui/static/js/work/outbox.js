/* The outbox: every act goes through it, so that a broken network loses none. */

import { needsLogin, Problem, read, send } from "../shared/api.js";
import { _ } from "../shared/words.js";
import { forget, keep, listKept } from "./store.js";

// What is sent within this time was never waiting, as people see it.
const MOMENT_MS = 1_000;
const PATIENCE_MS = 60_000;
const PAUSES_MS = [3_000, 10_000, 30_000, 120_000];

/** Unlike randomUUID, this is there over plain http, too. */
function makeKey() {
  const bytes = window.crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function formOf(file) {
  const form = new FormData();
  form.append("file", file, "photo");
  return form;
}

/** True for what another try may mend: the network, the service's load, the sign-in. */
function isPassing(error) {
  if (error.name === "AbortError" || needsLogin(error)) return true;
  return error instanceof Problem && ([0, 408, 425, 429].includes(error.status) || error.status >= 500);
}

function wordsOf(problem) {
  const lines = [problem.message, ...problem.errors.flatMap(({ msg, mend }) => [msg, mend])];
  if (problem.status === 409) lines.push(_("Read the request again: somebody may have been faster"));
  return [...new Set(lines.filter(Boolean))];
}

/** Unsent acts of one account; `onchange`, `onsent(act, reply)`, `onstranger` are told. */
export class Outbox {
  constructor(owner, listeners) {
    this.owner = owner;
    this.listeners = listeners;
    this.acts = [];
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

  /** Acts on one request that are under way or refused, oldest first. */
  of(request) {
    return this.acts.filter((act) => request && act.request === request);
  }

  /** Keeps acts, all or none, and tries to send them. */
  async add(...acts) {
    const at = Date.now();
    await keep("outbox", ...acts.map((act) => ({ ...act, owner: this.owner, key: makeKey(), at, refusal: null })));
    await this.read();
    this.flush();
    this.listeners.onchange();
    window.setTimeout(this.listeners.onchange, MOMENT_MS);
  }

  /** Takes away an act; those that waited behind it may go. */
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

  /** The next act that does not wait behind a refused one of the same request. */
  next() {
    return this.acts.find(
      (act, i) =>
        !act.refusal && !this.acts.slice(0, i).some((one) => one.refusal && act.request && one.request === act.request),
    );
  }

  async flush() {
    if (this.isSending || !this.next()) return;
    this.isSending = true;
    window.clearTimeout(this.timer);
    try {
      // Whoever signed in meanwhile, in another tab, must not act in our name.
      const me = await read("/api/me");
      if (me.username !== this.owner) {
        this.listeners.onstranger();
        return;
      }
      for (let act = this.next(); act; act = this.next()) await this.send(act);
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

  async send(act) {
    const patience = new AbortController();
    const timer = window.setTimeout(() => patience.abort(), PATIENCE_MS);
    try {
      const body = act.file ? formOf(act.file) : act.body;
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
