// The conversation with the server: what arrives is kept before anything is said about it, what is written is kept
// before it is sent. All that arrives is worked off one after the other.

import { call, who } from './account.js';
import { done } from './keep.js';
import { Line } from './line.js';
import { Post } from './post.js';
import { moment, stamp } from './stamp.js';

const NOTHING = '--null--';
const TYPING_MS = 2000;
const STATES = ['queued', 'sent', 'received', 'read'];
const IN_GROUP = /^([0-9A-Za-z]{10})-(\d{10,15})$/;

/** The chat with the holder of a number, and that of a group. */
export const withPhone = (phone) => `p:${phone}`;
export const inGroup = (key) => `g:${key}`;
export const ROOM = 'room';

export class Talk {
  #turn = Promise.resolve();
  #typed = 0;
  current = null;
  /** Chats that were asked for by their address and are not there for this person. */
  refused = new Set();

  /** `on.changed()`, `on.typing(chat, author)`, `on.told(word, chat, …parts)`, `on.line(state)`, `on.ended()`. */
  constructor(me, keep, on) {
    Object.assign(this, { me: me.phone, account: me.id, keep, on, n: 0 });
    this.post = new Post(this);
    this.line = new Line(`/ws/chat/special/${this.me}/`, {
      open: () => this.#opened(),
      frame: (frame) => this.inTurn(() => this.#arrived(frame)),
      lost: (wasOpen) => this.#lost(wasOpen),
    });
    keep.channel?.addEventListener('message', () => on.changed());
  }

  get isConnected() {
    return this.line.isOpen;
  }

  /** Hangs up, and lets what has arrived be kept, if that is a matter of moments. */
  stop() {
    this.line.stop();
    this.post.stop();
    return Promise.race([this.#turn, new Promise((go) => setTimeout(go, 1000))]);
  }

  /** One after the other, and whatever goes wrong with one is not the next one's. */
  inTurn(work) {
    this.#turn = this.#turn.then(work).catch((error) => console.error(error));
    return this.#turn;
  }

  /** Where a chat's frames go. */
  place(chat) {
    const to = chat === ROOM ? ROOM : chat.slice(2);
    const kind = { p: 'personal', g: 'group' }[chat[0]];
    return { to, path: kind ? `/ws/chat/${kind}/${this.me}/${to}/` : `/ws/chat/room/${this.me}/` };
  }

  #frame(chat, command, message, to) {
    const named = chat[0] !== 'g' ? command : { new_msg: 'new_grp_msg', msg_received: 'grp_msg_received',
      msg_read: 'grp_msg_read', is_typing: 'is_grp_typing', delete_msg: 'delete_grp_msg' }[command];
    return { message, command: named, msg_from: this.me, msg_to: to ?? this.place(chat).to, sent_timestamp: stamp() };
  }

  /** Whose frame it is, and of which chat. */
  #origin({ msg_from: from, msg_to: to }) {
    const [, key, author] = IN_GROUP.exec(from) ?? [];
    if (key) return { chat: inGroup(key), author };
    if (from === this.me) return { chat: to === ROOM ? ROOM : withPhone(to), author: this.me };
    return from === ROOM ? { chat: ROOM, author: ROOM } : { chat: withPhone(from), author: from };
  }

  /** Looks at the whole first, so that what is fetched finds its chat; frames that come meanwhile wait their turn. */
  #opened() {
    this.on.line('on');
    this.inTurn(async () => {
      await this.#look();
      for (const command of ['fetch_msgs', 'fetch_grp_msgs', 'fetch_room_msgs']) {
        this.line.send({ message: NOTHING, command, msg_from: this.me, msg_to: this.me, sent_timestamp: stamp() });
      }
      await this.post.wake();
    });
  }

  async #lost(wasOpen) {
    this.on.line('off');
    if (wasOpen) return true;
    try {
      const me = await who();
      if (me?.id === this.account && me.phone === this.me) return true;
      if (me) location.reload();
      else this.on.ended();
      return false;
    } catch {
      return true;
    }
  }

  async #arrived(frame) {
    if (frame.command?.startsWith('fetch_')) return this.#keepAll(frame.messages);
    const { chat, author } = this.#origin(frame);
    switch (frame.command) {
      case 'new_msg':
        return this.#keepAll([frame]);
      case 'msg_received':
        return this.#ticked(chat, author, frame.message, 2);
      case 'msg_read':
        return this.#ticked(chat, author, frame.message, 3);
      case 'is_typing':
        return author !== this.me && this.on.typing(chat, author);
      case 'delete_msg':
        return this.#takenBack(chat, author, frame.message);
      case 'msg_expired':
        return this.#expired(frame);
      case 'update':
        return this.#updated(frame);
      default:
        return null;
    }
  }

  /** An answer on a send socket that is not about a message under way. */
  async answered(chat, frame) {
    if (frame.command === 'delete_msg') return this.#takenBack(chat, this.me, frame.message);
    if (frame.command === 'error' && frame.type?.startsWith('delete_')) this.on.told('tooLate', chat);
    return null;
  }

  #next() {
    this.n = Math.max(Date.now() * 1000, this.n + 1);
    return this.n;
  }

  /** Keeps messages and, in the same transaction, that their receipt is owed; only then is the receipt sent. */
  async #keepAll(entries) {
    const owed = new Set();
    await this.keep.change(async ({ messages, chats, outbox }) => {
      for (const entry of entries) {
        const { chat, author } = this.#origin(entry);
        const at = moment(entry.sent_timestamp);
        if (!at || typeof entry.message !== 'string') continue;
        const id = `${chat}|${author}|${at}`;
        const mine = author === this.me;
        if (!(await done(messages.get(id)))) {
          const message = { id, chat, author, at, stamp: entry.sent_timestamp, text: entry.message, n: this.#next() };
          messages.put(mine ? { ...message, mine, state: 'sent', saved: at } : { ...message, fresh: chat });
          await touch(chats, chat, { n: message.n, text: entry.message });
        }
        if (mine) continue;
        const receipt = this.#frame(chat, 'msg_received', entry.sent_timestamp, chat[0] === 'g' ? author : undefined);
        outbox.add({ chat, frame: receipt });
        owed.add(chat);
      }
    });
    for (const chat of owed) this.post.want(chat);
    this.on.changed();
  }

  /** Keeps what is written, and sends it when that can be done. */
  async write(chat, text) {
    const frame = this.#frame(chat, 'new_msg', text);
    const at = moment(frame.sent_timestamp);
    const id = `${chat}|${this.me}|${at}`;
    await this.keep.change(async ({ messages, chats, outbox }) => {
      const n = this.#next();
      messages.put({ id, chat, author: this.me, at, stamp: frame.sent_timestamp, text, n, mine: true, state: 'queued' });
      outbox.add({ chat, id, frame });
      await touch(chats, chat, { n, text });
    });
    this.post.want(chat);
    this.on.changed();
  }

  /** The server has answered for a message. */
  async settle(entry, how) {
    await this.keep.change(async ({ messages, outbox }) => {
      outbox.delete(entry.n);
      const message = await done(messages.get(entry.id));
      // Its receipt may have been quicker than the word that it is saved.
      if (message?.state === 'queued') messages.put({ ...message, ...how });
      else if (message && how.saved) messages.put({ ...message, saved: how.saved });
    });
    if (how.state === 'refused') this.on.told('refused', entry.chat, how.why);
    this.on.changed();
  }

  /** These messages have been looked at. */
  async seen(ids) {
    const owed = new Set();
    await this.keep.change(async ({ messages, outbox }) => {
      for (const id of ids) {
        const { fresh: chat, ...message } = (await done(messages.get(id))) ?? {};
        if (!chat) continue;
        messages.put(message);
        const to = chat[0] === 'g' ? message.author : undefined;
        if (!message.gone) outbox.add({ chat, frame: this.#frame(chat, 'msg_read', message.stamp, to) });
        owed.add(chat);
      }
    });
    for (const chat of owed) this.post.want(chat);
    this.on.changed();
  }

  /** Something is being typed. */
  typing(chat) {
    if (Date.now() - this.#typed < TYPING_MS) return;
    this.#typed = Date.now();
    this.post.now(chat, this.#frame(chat, 'is_typing', NOTHING));
  }

  /** Takes one's own message back, if nobody has it yet. */
  async takeBack(message) {
    const { chat, id } = message;
    await this.keep.change(async ({ messages, outbox }) => {
      const entries = await done(outbox.index('chat').getAll(chat));
      const waits = entries.find((entry) => entry.id === id);
      if (waits && !this.post.carries(id)) {
        outbox.delete(waits.n);
        messages.put({ ...message, text: '', gone: true });
      } else {
        outbox.add({ chat, frame: this.#frame(chat, 'delete_msg', message.stamp) });
      }
    });
    this.post.want(chat);
    this.on.changed();
  }

  async #alter(chat, author, text, change) {
    const id = `${chat}|${author}|${moment(text)}`;
    await this.keep.change(async ({ messages, chats }) => {
      const message = await done(messages.get(id));
      if (message) messages.put({ ...message, ...change(message, await done(chats.get(chat))) });
    });
    this.on.changed();
  }

  #takenBack(chat, author, text) {
    return this.#alter(chat, author, text, () => ({ text: '', gone: true }));
  }

  /** `level` is the place in STATES. In a group a state is reached when all the others have reached it. */
  #ticked(chat, by, text, level) {
    return this.#alter(chat, this.me, text, (message, { members = [] } = {}) => {
      const got = { ...message.got, [by]: Math.max(level, message.got?.[by] ?? 0) };
      const others = chat[0] === 'g' ? members.filter((member) => member !== this.me) : [by];
      const all = others.length > 0 ? Math.min(...others.map((other) => got[other] ?? 1)) : 1;
      return { got, state: STATES[Math.max(all, STATES.indexOf(message.state))] };
    });
  }

  async #expired({ message, msg_from: from }) {
    const chat = (await this.keep.chat(inGroup(from))) ? inGroup(from) : from === ROOM ? ROOM : withPhone(from);
    await this.#alter(chat, this.me, message, () => ({ state: 'expired' }));
    this.on.told('expired', chat);
  }

  async #updated({ message: { type, command, msg_from: by, msg_to: whom }, msg_from: from }) {
    await this.#look();
    const chat = type === 'group' ? inGroup(from) : type === ROOM ? ROOM : withPhone(by === this.me ? whom : by);
    if (by !== this.me) this.on.told(`${type}_${command}`, chat, by, whom);
    this.on.changed();
  }

  /** The server's list of chats: those that are missing here are added, marks tell what was missed. Whether it came. */
  async #look() {
    let data;
    try {
      ({ data } = await call('POST', '/chat/special', { msg_from: this.me }));
    } catch {
      return false;
    }
    this.refused.clear();
    await this.keep.change(async ({ messages, chats }) => {
      for (const dialogue of data.personal) {
        if (dialogue.sender === this.me) await touch(chats, withPhone(dialogue.receiver), {});
        else await this.#marked(messages, withPhone(dialogue.sender), dialogue);
      }
      const groups = new Map(data.group.map((group) => [inGroup(group.key), group]));
      for (const [chat, { name, bio, admin, participants }] of groups) {
        await touch(chats, chat, { name, bio, admin, members: participants, left: false });
      }
      for (const chat of await done(chats.getAll())) {
        if (chat.id[0] === 'g' && !groups.has(chat.id)) chats.put({ ...chat, left: true });
      }
      await this.#room(messages, chats, data.room);
    });
    this.on.changed();
    return true;
  }

  /** A new room is with somebody else: what was said in the last one goes. */
  async #room(messages, chats, room) {
    const known = await done(chats.get(ROOM));
    if (!room) return known && chats.put({ ...known, left: true });
    if (known && known.since !== room.created_at) {
      const range = IDBKeyRange.bound([ROOM, 0], [ROOM, Infinity]);
      for (const id of await done(messages.index('order').getAllKeys(range))) messages.delete(id);
    }
    const voted = room.response === '1';
    return touch(chats, ROOM, { since: room.created_at, left: false, voted, n: known?.n ?? this.#next() });
  }

  /** What the other has received and read while we were away, by the marks that the server keeps. */
  async #marked(messages, chat, { last_received_receiver: received, last_seen_receiver: read }) {
    const range = IDBKeyRange.bound([chat, 0], [chat, Infinity]);
    for (const message of await done(messages.index('order').getAll(range))) {
      if (message.state !== 'sent' && message.state !== 'received') continue;
      const state = message.saved <= moment(read) ? 'read' : message.saved <= moment(received) ? 'received' : null;
      if (state && state !== message.state) messages.put({ ...message, state });
    }
  }

  /** A chat whose send socket the server refuses. Whether that is for good. */
  async refusedAt(chat) {
    let known = await this.keep.chat(chat);
    let left = false;
    if (chat[0] === 'p') {
      const body = { msg_from: this.me, msg_to: chat.slice(2) };
      const gone = ({ status }) => status === 404 || status === 400;
      left = await call('POST', '/chat/special/personal', body).then(() => false, gone);
      if (known) await this.keep.change(({ chats }) => touch(chats, chat, { left }));
    } else if (await this.#look()) {
      known = await this.keep.chat(chat);
      left = !known || Boolean(known.left);
    }
    if (left) this.refused.add(chat);
    this.on.changed();
    return left;
  }

  /** Starts a chat with a number, or finds the one there is. Throws when there is nobody. */
  async start(phone, label) {
    await call('POST', '/chat/special/personal', { msg_from: this.me, msg_to: phone });
    const known = await this.keep.chat(withPhone(phone));
    const news = { n: known?.n ?? this.#next(), left: false, ...(label ? { label } : {}) };
    await this.keep.change(({ chats }) => touch(chats, withPhone(phone), news));
    return withPhone(phone);
  }

  /** Asks for a room, votes in it, or ends it: the method says which. */
  async room(method, wish = {}) {
    const answer = await call(method, '/chat/special/room', { msg_from: this.me, ...wish });
    await this.inTurn(() => this.#look());
    return answer.info;
  }
}

/** Changes a chat, or makes it. */
async function touch(chats, id, news) {
  const known = await done(chats.get(id));
  await done(chats.put({ id, ...known, ...news }));
}
