// A WebSocket that comes back by itself: at once when it was good, then later and later, sooner when the browser says
// that there is a network or the person looks at the page.

const FIRST_MS = 500;
const LONGEST_MS = 30_000;
/** Close code of a sign-in that has ended. */
const SIGNED_OUT = 4401;

export class Line {
  #socket = null;
  #timer = 0;
  #failures = 0;
  #stopped = false;

  /**
   * `on.open()`, `on.frame(frame)`, `on.lost(everOpen)`: it is down, and will be tried again unless that promises
   * `false`; `everOpen` says whether this try had come through.
   */
  constructor(path, on) {
    this.address = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}${path}`;
    this.on = on;
    this.nudge = () => {
      if (document.visibilityState === 'visible' && !this.#socket && !this.#stopped) this.#try();
    };
    addEventListener('online', this.nudge);
    document.addEventListener('visibilitychange', this.nudge);
    this.#try();
  }

  get isOpen() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  /** Sends, if the line is open, and says whether it was. */
  send(frame) {
    if (this.isOpen) this.#socket.send(JSON.stringify(frame));
    return this.isOpen;
  }

  /** Hangs up and tries anew: for a line that has gone silent. */
  again() {
    this.#socket?.close();
  }

  stop() {
    this.#stopped = true;
    clearTimeout(this.#timer);
    removeEventListener('online', this.nudge);
    document.removeEventListener('visibilitychange', this.nudge);
    this.#socket?.close();
  }

  #try() {
    clearTimeout(this.#timer);
    const socket = new WebSocket(this.address);
    this.#socket = socket;
    let everOpen = 0;
    socket.onopen = () => {
      everOpen = Date.now();
      this.on.open();
    };
    socket.onmessage = ({ data }) => {
      let frame;
      try {
        frame = JSON.parse(data);
      } catch {
        return;
      }
      this.on.frame(frame);
    };
    socket.onclose = async ({ code }) => {
      this.#socket = null;
      if (this.#stopped) return;
      this.#failures = everOpen && Date.now() - everOpen > 5000 ? 0 : this.#failures + 1;
      const goOn = await this.on.lost(Boolean(everOpen) && code !== SIGNED_OUT, this.#failures);
      if (goOn === false || this.#stopped || this.#socket) return;
      const wait = Math.min(FIRST_MS * 2 ** this.#failures, LONGEST_MS) * (0.5 + Math.random() / 2);
      this.#timer = setTimeout(() => !this.#socket && this.#try(), wait);
    };
  }
}
