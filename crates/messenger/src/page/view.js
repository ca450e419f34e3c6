// What is seen: the list of chats, the messages of one, and toasts. Words of people are only ever text, never markup.

import { ROOM } from './talk.js';
import { knows, language, say } from './words.js';

const TYPING_MS = 3000;
const TOAST_MS = 12_000;
const MOST_TOASTS = 4;
const MARKS = { queued: '◷', sent: '✓', received: '✓✓', read: '✓✓', expired: '!', refused: '!' };

export const $ = (id) => document.getElementById(id);

/** Makes an element. */
export function make(tag, about = {}, ...children) {
  const element = Object.assign(document.createElement(tag), about);
  element.append(...children);
  return element;
}

/** A number in groups, so that it can be read and read out. */
export const spaced = (phone) => phone.replace(/\d{4}(?=\d)/g, '$&\u00a0');

/** What a chat is called. */
export function nameOf(chat) {
  if (chat.id === ROOM) return say('room');
  return chat.label || (chat.id[0] === 'g' ? chat.name : '') || spaced(chat.id.slice(2));
}

/** The browser's own way to write times, if it is of the language in use. */
const written = () => (navigator.language.startsWith(language) ? navigator.language : language);
const dayOf = (at) => {
  const day = new Date(`${at.slice(0, 23)}Z`);
  const ago = Math.round((new Date().setHours(12, 0, 0, 0) - new Date(day).setHours(12, 0, 0, 0)) / 86_400_000);
  if (ago === 0) return say('today');
  return ago === 1 ? say('yesterday') : day.toLocaleDateString(written(), { dateStyle: 'long' });
};
const timeOf = (at) =>
  new Date(`${at.slice(0, 23)}Z`).toLocaleTimeString(written(), { hour: '2-digit', minute: '2-digit' });

/** The list of chats; `open` is the one that is open, `known` names people. */
export function showChats(chats, open) {
  $('nobody').hidden = chats.length > 0;
  // Where the focus was, it stays.
  const focused = document.activeElement?.dataset?.chat;
  $('list').replaceChildren(...chats.map((chat) => {
    const link = make('a', { href: chat.path },
      make('span', { className: 'name' }, nameOf(chat)),
      make('span', { className: 'last', dir: 'auto' }, chat.text ?? ''));
    link.dataset.chat = chat.id;
    if (chat.unread) link.append(' ', make('span', { className: 'badge' }, say('unread', chat.unread)));
    if (chat.id === open) link.setAttribute('aria-current', 'page');
    return make('li', {}, link);
  }));
  if (focused) [...$('list').querySelectorAll('a')].find((link) => link.dataset.chat === focused)?.focus();
  const unread = chats.reduce((sum, chat) => sum + chat.unread, 0);
  document.title = unread ? `(${unread}) Hearken` : 'Hearken';
}

/** The messages of the chat that is open. */
export class Log {
  #items = new Map();
  #nearEnd = true;

  /** `seen(ids)` is called with messages as they come into view, `takeBack(message)` on demand. */
  constructor({ seen, takeBack }) {
    this.takeBack = takeBack;
    this.watch = new IntersectionObserver((entries) => {
      if (document.visibilityState !== 'visible') return;
      const ids = entries.filter((entry) => entry.isIntersecting).map(({ target }) => target.dataset.id);
      for (const id of ids) this.watch.unobserve(this.#items.get(id)?.item ?? document.body);
      if (ids.length > 0) seen(ids);
    }, { root: $('log'), threshold: 0.4 });
    // A page that was in the background has shown nothing to anybody; now it does.
    document.addEventListener('visibilitychange', () => this.look());
    $('log').addEventListener('scroll', () => {
      const { scrollHeight, scrollTop, clientHeight } = $('log');
      this.#nearEnd = scrollHeight - scrollTop - clientHeight < 80;
    });
    new ResizeObserver(() => this.#nearEnd && this.toEnd()).observe($('log'));
  }

  /** Asks again which messages are in view. */
  look() {
    for (const { item } of this.#items.values()) {
      if (item.dataset.fresh) {
        this.watch.unobserve(item);
        this.watch.observe(item);
      }
    }
  }

  toEnd() {
    $('log').scrollTop = $('log').scrollHeight;
  }

  clear() {
    this.watch.disconnect();
    this.#items.clear();
    this.#nearEnd = true;
    $('messages').replaceChildren();
  }

  /** Brings the list up to what is kept, touching only what is new or has changed. */
  show(chat, messages, me) {
    const ids = new Set(messages.map((message) => message.id));
    for (const [id, { item }] of this.#items) {
      if (!ids.has(id)) {
        item.remove();
        this.#items.delete(id);
      }
    }
    let before = null;
    let said = null;
    messages.forEach((message, index) => {
      const day = dayOf(message.at);
      const state = JSON.stringify([message, day !== said && day, chat.members, language]);
      let known = this.#items.get(message.id);
      if (!known) this.#items.set(message.id, (known = { item: make('li') }));
      if (known.state !== state) this.#fill(known.item, chat, message, day !== said && day, me);
      known.state = state;
      const place = before ? before.nextSibling : $('messages').firstChild;
      if (place !== known.item) $('messages').insertBefore(known.item, place);
      before = known.item;
      said = day;
      if (index === messages.length - 1 && this.#nearEnd) this.toEnd();
    });
    this.look();
  }

  #fill(item, chat, message, day, me) {
    const mine = message.author === me;
    item.className = `${mine ? 'mine' : 'theirs'}${message.gone ? ' gone' : ''}`;
    item.dataset.id = message.id;
    item.dataset.fresh = message.fresh ? '1' : '';
    const who = mine ? say('you') : chat.id === ROOM ? say('other') : chat.id[0] === 'g' ? spaced(message.author) : nameOf(chat);
    const named = chat.id[0] === 'g' && !mine ? 'author' : 'unseen';
    const bubble = make('div', { className: 'bubble' },
      make('span', { className: named }, `${who}: `),
      make('p', { dir: 'auto' }, message.gone ? say('takenBack') : message.text),
      make('span', { className: 'when' }, timeOf(message.at)));
    if (mine && !message.gone) bubble.lastChild.append(' · ', ...tick(chat, message, me));
    if (mine && !message.gone && (message.state === 'queued' || message.state === 'sent')) {
      bubble.append(make('button', { type: 'button', className: 'quiet small', onclick: () => this.takeBack(message) }, say('takeBack')));
    }
    item.replaceChildren(...(day ? [make('p', { className: 'day' }, day)] : []), bubble);
  }
}

function tick(chat, message, me) {
  const mark = make('span', { ariaHidden: 'true', className: `mark ${message.state}` }, MARKS[message.state]);
  let words = say(`tick_${message.state}`);
  const others = chat.id[0] === 'g' ? (chat.members ?? []).filter((member) => member !== me) : [];
  const levels = others.map((other) => message.got?.[other] ?? 0);
  const [got, read] = [2, 3].map((least) => levels.filter((level) => level >= least).length);
  if (others.length > 1 && got > 0) words = read ? say('readBy', read, others.length) : say('gotBy', got, others.length);
  return [mark, ` ${words}`];
}

let typed = 0;

/** Shows for three seconds that somebody writes. */
export function showTyping(text) {
  clearTimeout(typed);
  $('typing').textContent = text;
  typed = setTimeout(() => ($('typing').textContent = ''), TYPING_MS);
}

/** Shows something that happened, for a while. */
export function toast(text) {
  const shown = make('div', { className: 'toast' }, make('span', {}, text));
  const close = make('button', { type: 'button', className: 'quiet', ariaLabel: say('close'), onclick: () => shown.remove() }, '×');
  shown.append(close);
  $('toasts').append(shown);
  while ($('toasts').children.length > MOST_TOASTS) $('toasts').firstChild.remove();
  const end = () => (shown.matches(':hover, :focus-within') ? setTimeout(end, TOAST_MS) : shown.remove());
  setTimeout(end, TOAST_MS);
}

/** A word about the line. A short break is not worth one. */
let worried = 0;
export function showLine(state) {
  const tell = () => {
    worried = 0;
    if ($('line').textContent !== say(`line_${state}`)) $('line').textContent = say(`line_${state}`);
    $('line').className = state;
  };
  if (state === 'off' && worried) return;
  clearTimeout(worried);
  worried = 0;
  if (state === 'off' && $('line').className === 'on') worried = setTimeout(tell, 1200);
  else tell();
}

/** What an update says, in words; nothing where there are none for it. */
export function told(word, chat, parts) {
  if (!knows(word)) return null;
  const [by = '', whom = ''] = parts;
  const name = (phone) => (/^\d{10,15}$/.test(phone) ? spaced(phone) : phone);
  if (word.startsWith('group_')) return say(word, name(by), nameOf(chat), name(whom));
  if (word.startsWith('personal_')) return say(word, nameOf(chat));
  return say(word, nameOf(chat), ...parts);
}
