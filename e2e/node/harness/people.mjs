// People with three devices each, and the group they share.

import assert from 'node:assert/strict';
import { openWithNode, openWithWs } from './socket.mjs';

let phones = 8_000_000_000;

const EPOCH = Date.UTC(2020, 10, 21, 16, 32, 17, 356);
const iso = (number) => new Date(EPOCH + 10 * number).toISOString();

/** The `number`-th of a row of times, in the form that browsers' clients send. */
export const at = (number) => iso(number).replace('T', ' ').replace('Z', '');

/** The same time as a group's `msg_sent` names it. */
export const namedAt = (number) => iso(number);

/** The same time as a fetch tells it. */
export const fetchedAt = (number) => iso(number).replace('Z', '000Z');

/** One sign-in of a person: a token of its own, a receive socket, and send sockets. */
class Device {
  constructor(person, token, open) {
    this.person = person;
    this.token = token;
    this.open = async (path) => person.track(await open(person.server.address, path, token));
  }

  /** Opens the receive socket. */
  async connect() {
    this.inbox = await this.open(`/ws/chat/special/${this.person.phone}/`);
    return this;
  }

  /** A new send socket to a group. */
  group(key) {
    return this.open(`/ws/chat/group/${this.person.phone}/${key}/`);
  }

  /** A new send socket to another person. */
  chat(other) {
    return this.open(`/ws/chat/personal/${this.person.phone}/${other.phone}/`);
  }

  /** All entries of waiting group messages, however many frames they take. */
  async fetchGroups() {
    return (await this.inbox.fetch(this.person.phone, 'fetch_grp_msgs')).flat();
  }
}

/** Somebody with an account and a phone number. */
class Person {
  constructor(server, phone, account, track) {
    Object.assign(this, { server, phone, account, track });
  }

  /** A further sign-in that is not connected yet. */
  async away(open = openWithWs) {
    return new Device(this, await this.server.token(this.account), open);
  }

  /** A further sign-in, whose receive socket is open. */
  async device(open = openWithWs) {
    return (await this.away(open)).connect();
  }

  /** Three sign-ins, all connected: two through the `ws` library, one through Node's own WebSocket. */
  devices() {
    return Promise.all([this.device(), this.device(), this.device(openWithNode)]);
  }

  /** The frame of a group's command, to the group or to a member's phone. */
  tells(to, command, message, when) {
    return { message, command, msg_from: this.phone, msg_to: to, sent_timestamp: when };
  }

  /** What this person's devices get of a frame that `author` sent to the group of that key. */
  hears(author, key, frame, command) {
    return { ...frame, command, msg_from: `${key}-${author.phone}`, msg_to: this.phone };
  }
}

/** Makes people for one story (`t`), at whose end all their sockets are closed. */
export async function gather(t, server, ...names) {
  const sockets = [];
  t.after(() => Promise.all(sockets.map((socket) => socket.close())));
  const track = (socket) => {
    sockets.push(socket);
    return socket;
  };
  return Promise.all(
    names.map(async (name) => {
      phones += 1;
      const phone = String(phones);
      return new Person(server, phone, await server.addAccount(phone, name), track);
    }),
  );
}

/** Makes a group of these people, the first of whom is its admin, and returns its key. */
export async function makeGroup(...members) {
  const [admin] = members;
  const { token } = await admin.away();
  const { status, body } = await admin.server.http('POST', '/chat/special/group', token, {
    name: 'Walking group',
    bio: 'Sundays at ten',
    admin: [admin.phone],
    participants: members.map((member) => member.phone),
  });
  assert.ok(status === 200 || status === 201, `${status}: ${JSON.stringify(body)}`);
  assert.match(body.group.key, /^[0-9A-Z]{10}$/);
  return body.group.key;
}

/** Changes the group as its admin: `add`, `remove` and `promote` take a person, `rename` a name. Returns the group. */
export async function changeGroup(admin, key, command, what) {
  const { token } = await admin.away();
  const changed = command === 'rename' ? { name: what } : { msg_to: what.phone };
  const { status, body } = await admin.server.http('PUT', '/chat/special/group', token, {
    command,
    key,
    msg_from: admin.phone,
    ...changed,
  });
  assert.equal(status, 200, JSON.stringify(body));
  return body.group;
}

/** Leaves the group. */
export async function leaveGroup(person, key) {
  const { token } = await person.away();
  const { status, body } = await person.server.http('DELETE', '/chat/special/group', token, {
    key,
    msg_from: person.phone,
  });
  assert.ok(status >= 200 && status < 300, `${status}: ${JSON.stringify(body)}`);
}
