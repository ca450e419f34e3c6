// People at the desk, each with a real `socket.io-client`, and what they do and hear.

import assert from 'node:assert/strict';
import { io } from 'socket.io-client';
import { Line } from './line.mjs';

const PATIENCE_MS = 20_000;
let made = 0;

/** The three ways in which browsers come: polling alone, WebSocket alone, and polling that is upgraded. */
export const TRANSPORTS = { polling: ['polling'], websocket: ['websocket'], upgrade: ['polling', 'websocket'] };

/** One socket of somebody, and everything it has been told and has not been asked for. */
export class Tab {
  constructor(person, line, transports) {
    this.person = person;
    this.line = line;
    this.told = [];
    this.waiting = null;
    this.socket = io(`http://${line.address}`, {
      transports,
      forceNew: true,
      reconnectionDelay: 20,
      reconnectionDelayMax: 100,
      extraHeaders: { Authorization: person.token },
    });
    this.socket.onAny((name, ...args) => {
      assert.equal(args.length, 1, `${name} carries ${args.length} arguments`);
      looksRight(name, args[0]);
      this.told.push({ name, data: args[0] });
      this.waiting?.();
    });
  }

  /** The next event, which must have this name: what it carries. */
  async hear(name) {
    const { name: heard, data } = await this.#next(name);
    assert.equal(heard, name, `${this.person.name} hears ${JSON.stringify(data)}`);
    return data;
  }

  /** The next event of this name, whatever comes before it. */
  async until(name) {
    for (;;) {
      const { name: heard, data } = await this.#next(name);
      if (heard === name) return data;
    }
  }

  async #next(name) {
    const deadline = AbortSignal.timeout(PATIENCE_MS);
    while (this.told.length === 0) {
      await new Promise((resolve, reject) => {
        this.waiting = resolve;
        deadline.onabort = () => reject(new Error(`${this.person.name} waits for ${name}`));
      });
    }
    return this.told.shift();
  }

  /** Emits an event and returns how it is acknowledged: always with two values. */
  async call(name, ...args) {
    const answer = await new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${name} is not acknowledged`)), PATIENCE_MS);
      this.socket.emit(name, ...args, (...values) => {
        clearTimeout(timer);
        resolve(values);
      });
    });
    assert.equal(answer.length, 2, `${name} is acknowledged with ${JSON.stringify(answer)}`);
    return answer;
  }

  /** Emits an event that must be done. */
  async does(name, ...args) {
    assert.deepEqual(await this.call(name, ...args), [true, null], name);
  }

  /** Emits an event that must be refused in these words. */
  async mayNot(message, name, ...args) {
    assert.deepEqual(await this.call(name, ...args), [false, message], name);
  }

  /** The line breaks without a goodbye; the library tries to come back until it is mended. */
  async lose() {
    const gone = new Promise((resolve) => this.socket.once('disconnect', resolve));
    this.line.cut();
    await gone;
  }

  /** The line is mended, and the library is back: what it is told first. */
  async back() {
    this.told.length = 0;
    this.line.mend();
    return this.hear(this.person.first);
  }

  /** Says goodbye. */
  leave() {
    this.socket.disconnect();
  }
}

/** Somebody with an account. */
export class Person {
  constructor(server, name, role, id, token, t) {
    Object.assign(this, { server, name, role, token, t });
    // The first thing on the wire.
    this.first = role === 'visitor' ? 'visitor_init' : 'staff_init';
    this.id = id.replaceAll('-', '');
  }

  /** Another tab, with what it is told first. */
  async tab(transports) {
    const line = await Line.to(this.server.address);
    const tab = new Tab(this, line, transports);
    this.t.after(() => {
      tab.socket.disconnect();
      line.close();
    });
    return [tab, await tab.hear(this.first)];
  }
}

/** Makes people of an organisation of their own, by their names and roles. */
export async function gather(t, server, people) {
  made += 1;
  const printed = await server.command('organisation', 'add', `clinic ${process.pid} ${made}`);
  const organisation = JSON.parse(printed).id;
  const all = [];
  for (const [name, role] of Object.entries(people)) {
    const who = ['--role', role, '--name', name, '--email', `${name}.${made}@example.org`];
    const account = JSON.parse(
      await server.command('account', 'add', ...who, '--organisation', organisation),
    );
    all.push(new Person(server, name, role, account.id, await server.token(account.id), t));
  }
  return all;
}

const KINDS = {
  id: (value) => /^[0-9a-f]{32}$/.test(value),
  text: (value) => typeof value === 'string',
  'text?': (value) => value === null || typeof value === 'string',
  number: Number.isInteger,
  seconds: (value) => Number.isInteger(value) && value > 1e9 && value < 1e10,
  'seconds?': (value) => value === null || KINDS.seconds(value),
  millis: (value) => Number.isInteger(value) && value > 1e12 && value < 1e13,
  yes: (value) => typeof value === 'boolean',
  tags: (value) => Array.isArray(value) && value.every(KINDS.text),
};

const STAFF = {
  email: 'text?',
  created_at: 'seconds',
  full_name: 'text',
  updated_at: 'seconds?',
  id: 'id',
  display_name: 'text?',
  organisation_id: 'id',
  disabled: 'yes',
  role_id: 'number',
};
const VISITOR = {
  email: 'text?',
  is_anonymous: 'yes',
  created_at: 'seconds',
  updated_at: 'seconds?',
  name: 'text?',
  id: 'id',
  disabled: 'yes',
};
const ROOM = {
  created_at: 'millis',
  id: 'id',
  severity_level: 'number',
  tags: 'tags',
  updated_at: 'millis',
  visitor_id: 'id',
};
const any = () => true;
const CONTENT = (value) => typeof value === 'object' && !Array.isArray(value);
const ROW = {
  sender: (value) => value === null || KINDS.id(value),
  updated_at: (value) => value === null,
  id: 'id',
  content: CONTENT,
  chat_id: 'id',
  created_at: 'seconds',
  type_id: 'number',
  sequence_num: 'number',
};

/** The fields of what each event carries, as in the seed's samples (and `room`, which the contract adds). */
export const PAYLOADS = {
  staff_init: {
    online_users: [STAFF],
    online_visitors: [VISITOR],
    unclaimed_chats: [{ user: VISITOR, room: ROOM, contents: [CONTENT] }],
    flagged_chats: [{ user: VISITOR, room: ROOM }],
    my_chats: [{ user: VISITOR, room: ROOM, contents: [ROW] }],
  },
  visitor_init: { chat: any, staff_online: 'yes' },
  append_unclaimed_chats: { user: VISITOR, room: ROOM, contents: [CONTENT] },
  visitor_unclaimed_msg: { user: VISITOR, room: ROOM, content: CONTENT },
  staff_claim_chat: { user: VISITOR, room: ROOM, staff: STAFF },
  staff_join_room: { user: STAFF, room: ROOM },
  agent_new_chat: { user: STAFF, visitor: VISITOR, room: ROOM, contents: [ROW] },
  visitor_send: { user: VISITOR, room: ROOM, content: CONTENT },
  new_visitor_msg_for_supervisor: { user: VISITOR, room: ROOM, content: CONTENT },
  staff_send: { user: STAFF, room: ROOM, content: CONTENT },
  new_staff_msg_for_supervisor: { user: STAFF, room: ROOM, content: CONTENT },
  own_msg: { room: ROOM, content: CONTENT },
  chat_has_changed_priority_for_supervisor: { user: STAFF, room: ROOM },
  chat_note: { user: STAFF, room: ROOM, content: CONTENT },
  chat_tags: { room: ROOM },
  staff_being_taken_over_chat: { user: STAFF, room: ROOM },
  staff_take_over_chat: { user: STAFF, room: ROOM },
  chat_returned: { room: ROOM },
  visitor_leave_queue: { user: VISITOR, room: ROOM },
  visitor_leave: { user: VISITOR, room: ROOM },
  visitor_leave_chat_for_supervisor: { user: VISITOR, room: ROOM },
  staff_leave: { user: STAFF, room: ROOM },
  staff_leave_chat_for_supervisor: { user: STAFF, room: ROOM },
  staff_goes_online: { user: STAFF },
  staff_goes_offline: { user: STAFF },
  visitor_goes_online: { user: VISITOR },
  visitor_goes_offline: { user: VISITOR },
  user_typing_receive: { room: ROOM },
  chat_missed: { room: ROOM, messages: [ROW] },
};

/** Compares what came with the fields it must have: the same names, no more and no fewer, and values of their kind. */
export function looksLike(value, shape, where) {
  if (typeof shape === 'string') {
    assert.ok(KINDS[shape](value), `${where} is ${JSON.stringify(value)}, which is no ${shape}`);
  } else if (typeof shape === 'function') {
    assert.ok(shape(value), `${where} is ${JSON.stringify(value)}`);
  } else if (Array.isArray(shape)) {
    assert.ok(Array.isArray(value), `${where} is no list`);
    for (const [index, item] of value.entries()) looksLike(item, shape[0], `${where}[${index}]`);
  } else {
    assert.deepEqual(Object.keys(value).sort(), Object.keys(shape).sort(), where);
    for (const [name, kind] of Object.entries(shape)) looksLike(value[name], kind, `${where}.${name}`);
  }
}

/** The same for an event by its name. */
export function looksRight(name, data) {
  // Typing names a visitor or somebody of the staff.
  if (name === 'user_typing_receive') {
    looksLike(data.user, 'role_id' in data.user ? STAFF : VISITOR, `${name}.user`);
    return looksLike(data.room, ROOM, `${name}.room`);
  }
  assert.ok(PAYLOADS[name], `what is ${name}?`);
  return looksLike(data, PAYLOADS[name], name);
}
