// The open chats. One process serves them all, so who is in which chat and how many messages it has is kept in
// memory, as such servers do; the database has it too, and it is read from there at the start.

import { randomUUID } from 'node:crypto';

import { Refusal } from './answers.mjs';

const LARGEST = 16 * 1024;

/** A fresh identifier of 32 hex digits. */
export const newId = () => randomUUID().replaceAll('-', '');

/** The open chats by id and by visitor. */
export class Chats {
  #byId = new Map();
  #byVisitor = new Map();

  add(chat) {
    this.#byId.set(chat.id, chat);
    this.#byVisitor.set(chat.visitor.id, chat);
  }

  remove(chat) {
    this.#byId.delete(chat.id);
    this.#byVisitor.delete(chat.visitor.id);
  }

  get(id) {
    return this.#byId.get(id);
  }

  ofVisitor(visitor) {
    return this.#byVisitor.get(visitor.id);
  }

  servedBy(staff) {
    return [...this.#byId.values()].filter((chat) => chat.staff?.id === staff.id);
  }

  unclaimed() {
    return [...this.#byId.values()].filter((chat) => !chat.staff);
  }
}

/** A chat as clients are shown it. */
export const roomOf = (chat) => ({
  id: chat.id,
  visitor_id: chat.visitor.id,
  tags: [],
  severity_level: 0,
  created_at: chat.createdAt,
  updated_at: chat.updatedAt,
});

/** The next message of a chat; `sender` is null for the visitor, `type` 1 for a message and 0 for a system line. */
export function nextMessage(chat, sender, type, content) {
  const text = JSON.stringify(content);
  if (text.length > LARGEST) throw new Refusal('The message is too large.');
  const at = Date.now();
  chat.updatedAt = at;
  chat.last += 1;
  return {
    chat: chat.id,
    sequence: chat.last,
    id: randomUUID(),
    sender,
    content: text,
    type,
    createdAt: Math.floor(at / 1000),
  };
}
