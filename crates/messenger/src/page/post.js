// Sending: what the outbox holds goes out on the send socket of its chat, in order. A message is taken out when the
// server has said that it is saved; until then the same message is sent again, under the same timestamp, by which the
// server knows it.

import { done } from './keep.js';
import { Line } from './line.js';
import { learn, moment } from './stamp.js';

/** Most send sockets at a time. */
const MOST_LINES = 6;
/** Between two frames: the server takes twenty a second. */
const PACE_MS = 60;
/** How long the server may take to save a message before the line is taken to be dead. */
const PATIENCE_MS = 20_000;
const IDLE_MS = 30_000;

const pause = (time) => new Promise((go) => setTimeout(go, time));

export class Post {
  #links = new Map();
  #waiting = new Set();
  #stopped = false;

  /** `talk` is whose post it is. */
  constructor(talk) {
    this.talk = talk;
  }

  /** Opens the send socket of a chat, as soon as there is room for it, and sends what is owed there. */
  want(chat) {
    if (this.#stopped) return null;
    const link = this.#links.get(chat);
    if (link) return this.#pump(link);
    if (this.#links.size >= MOST_LINES && !this.#makeRoom()) return this.#waiting.add(chat);
    return this.#open(chat);
  }

  /** Sends what nobody needs to hear later, if the line of that chat is open. */
  now(chat, frame) {
    this.#links.get(chat)?.line.send(frame);
  }

  /** Whether this entry is under way, so that it is too late to change one's mind. */
  carries(id) {
    return [...this.#links.values()].some((link) => link.inFlight?.id === id);
  }

  /** What is owed anywhere. */
  async wake() {
    for (const chat of await this.talk.keep.owing()) this.want(chat);
  }

  stop() {
    this.#stopped = true;
    for (const chat of [...this.#links.keys()]) this.#close(chat, false);
    this.#waiting.clear();
  }

  #open(chat) {
    const link = { chat, inFlight: null, busy: false, more: false, used: Date.now() };
    this.#links.set(chat, link);
    link.line = new Line(this.talk.place(chat).path, {
      open: () => this.#pump(link),
      frame: (frame) => this.talk.inTurn(() => this.#answered(link, frame)),
      lost: (wasOpen, failures) => this.#lost(link, wasOpen, failures),
    });
  }

  async #lost(link, wasOpen, failures) {
    this.#landed(link);
    if (wasOpen || failures < 2 || !this.talk.isConnected) return true;
    // The server is there and does not let us in here: there is nobody of that number, or we are not in the group.
    this.#close(link.chat);
    if (!(await this.talk.refusedAt(link.chat))) setTimeout(() => this.want(link.chat), IDLE_MS);
    return false;
  }

  #landed(link) {
    clearTimeout(link.watch);
    link.inFlight = null;
  }

  #close(chat, next = true) {
    const link = this.#links.get(chat);
    this.#links.delete(chat);
    clearTimeout(link?.watch);
    link?.line.stop();
    const [waits] = this.#waiting;
    if (next && waits) {
      this.#waiting.delete(waits);
      this.want(waits);
    }
  }

  #makeRoom() {
    const idle = [...this.#links.values()].find((link) => link.drained && link.chat !== this.talk.current);
    if (idle) this.#close(idle.chat, false);
    return Boolean(idle);
  }

  async #pump(link) {
    link.more = true;
    if (link.busy) return;
    link.busy = true;
    try {
      while (link.more && link.line.isOpen) {
        link.more = false;
        for (const entry of await this.talk.keep.owed(link.chat)) {
          if (!link.line.isOpen) return;
          if (entry.id && link.inFlight) continue;
          await this.#send(link, entry);
          await pause(PACE_MS);
        }
      }
      link.used = Date.now();
      link.drained = !link.inFlight && link.line.isOpen;
      if (link.drained) this.#rest(link);
    } catch (error) {
      if (!this.#stopped) console.error(error);
    } finally {
      link.busy = false;
    }
  }

  async #send(link, entry) {
    link.drained = false;
    if (entry.id) {
      link.inFlight = entry;
      link.watch = setTimeout(() => link.line.again(), PATIENCE_MS);
    }
    // A receipt that is lost on the way is sent again when the next fetch lists its message.
    if (link.line.send(entry.frame) && !entry.id) {
      await this.talk.keep.change(({ outbox }) => done(outbox.delete(entry.n)));
    }
  }

  #rest(link) {
    if (this.#waiting.size > 0 && link.chat !== this.talk.current) return this.#close(link.chat);
    setTimeout(() => {
      const idle = link.drained && Date.now() - link.used >= IDLE_MS && link.chat !== this.talk.current;
      if (idle && this.#links.get(link.chat) === link) this.#close(link.chat);
    }, IDLE_MS + 100);
  }

  async #answered(link, frame) {
    const sent = link.inFlight;
    const isNews = frame.type === 'new_msg' || frame.type === 'new_grp_msg';
    if (frame.command === 'msg_sent' && sent && moment(frame.message) === moment(sent.frame.sent_timestamp)) {
      learn(frame.sent_timestamp);
      await this.talk.settle(sent, { state: 'sent', saved: moment(frame.sent_timestamp) });
    } else if (frame.command === 'error' && isNews && sent && /slow down|send this again/.test(frame.message)) {
      this.#landed(link);
      return setTimeout(() => this.#pump(link), 1000);
    } else if (frame.command === 'error' && isNews && sent) {
      await this.talk.settle(sent, { state: 'refused', why: frame.message });
    } else {
      return this.talk.answered(link.chat, frame);
    }
    this.#landed(link);
    // Not waited for: what has arrived meanwhile is not to wait for what goes out.
    this.#pump(link);
    return null;
  }
}
