// One open WebSocket, in frames, over either client: the `ws` library or the WebSocket that Node has built in.

import assert from 'node:assert/strict';
import WS from 'ws';

// How long a frame may take before the story fails. Nothing waits this long when all is well.
const PATIENCE_MS = 10_000;

// A time that the server itself made.
const SERVER_TIME = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}$/;

/** Opens with the `ws` library and an Authorization header; a refused upgrade rejects with its HTTP `status`. */
export async function openWithWs(address, path, token) {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const line = new WS(`ws://${address}${path}`, { headers, handshakeTimeout: PATIENCE_MS });
  const socket = new Socket(line);
  await new Promise((resolve, reject) => {
    line.once('open', resolve);
    line.once('error', reject);
    line.once('unexpected-response', (request, response) => {
      request.destroy();
      reject(Object.assign(new Error(`refused with ${response.statusCode}`), { status: response.statusCode }));
    });
  });
  return socket;
}

/** Opens with Node's own WebSocket, which like a browser's cannot set a header: the token is in the address. */
export async function openWithNode(address, path, token) {
  const line = new globalThis.WebSocket(`ws://${address}${path}?access_token=${encodeURIComponent(token)}`);
  const socket = new Socket(line);
  await new Promise((resolve, reject) => {
    line.addEventListener('open', resolve, { once: true });
    line.addEventListener('error', () => reject(new Error(`cannot open ${path}`)), { once: true });
  });
  return socket;
}

/** A queue of what arrived, with expectations on its head. */
export class Socket {
  #line;
  #frames = [];
  #waiting = null;
  #closed = null;
  /** News of groups and chats: they may come at any time and are looked at by name. */
  updates = [];

  constructor(line) {
    this.#line = line;
    line.addEventListener('message', ({ data }) => this.#arrived(data));
    line.addEventListener('close', ({ code }) => {
      this.#closed = code;
      this.#waiting?.();
    });
  }

  #arrived(data) {
    assert.equal(typeof data, 'string', 'a binary frame');
    const frame = JSON.parse(data);
    if (frame.command === 'update') {
      this.updates.push(frame);
    } else {
      this.#frames.push(frame);
      this.#waiting?.();
    }
  }

  /** Sends a frame, and returns it for what is expected of it. */
  send(frame) {
    this.#line.send(JSON.stringify(frame));
    return frame;
  }

  /** The next frame that is not an `update`. */
  async receive() {
    if (this.#frames.length === 0 && this.#closed === null) {
      await new Promise((resolve, reject) => {
        const deadline = setTimeout(() => reject(new Error(`no frame in ${PATIENCE_MS} ms`)), PATIENCE_MS);
        this.#waiting = () => {
          clearTimeout(deadline);
          this.#waiting = null;
          resolve();
        };
      });
    }
    assert.ok(this.#frames.length > 0, `closed with ${this.#closed}`);
    return this.#frames.shift();
  }

  /** The next frame is this one, field by field. */
  async expect(frame) {
    assert.deepEqual(await this.receive(), frame);
  }

  /** The next frame is the answer that `said` is saved, which names it as `named` and goes to `to`. */
  async expectSent(said, named, to = said.msg_to) {
    const answer = await this.receive();
    assert.match(answer.sent_timestamp, SERVER_TIME);
    const expected = { ...said, command: 'msg_sent', message: named, msg_to: to };
    assert.deepEqual(answer, { ...expected, sent_timestamp: answer.sent_timestamp });
  }

  /** The next frame is an error of that type, about these two; returns its text. */
  async expectError(type, from, to) {
    const error = await this.receive();
    const { message, sent_timestamp, ...about } = error;
    assert.deepEqual(about, { command: 'error', type, msg_from: from, msg_to: to });
    assert.match(sent_timestamp, SERVER_TIME);
    assert.ok(message.length > 0);
    return message;
  }

  /** Everything that waits: the entries of each frame of the answer. Nothing else may be under way. */
  async fetch(phone, command) {
    this.send({ message: '--null--', command, msg_from: phone, msg_to: phone, sent_timestamp: '2020-11-21 17:11:30.404' });
    const frames = [];
    for (let last = false; !last; ) {
      const { messages, all, ...rest } = await this.receive();
      assert.deepEqual(rest, { command });
      assert.ok(all === 'True' || all === 'False', `all is ${all}`);
      frames.push(messages);
      last = all === 'True';
    }
    return frames;
  }

  /** Leaves, and waits until the line is closed. */
  async close() {
    if (this.#closed !== null) return;
    const closed = new Promise((resolve) => this.#line.addEventListener('close', resolve, { once: true }));
    this.#line.close();
    await closed;
  }
}
