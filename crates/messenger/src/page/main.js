// The page itself: who is signed in, which chat is open, and what the buttons do.

import { leave, leftBehind, who } from './account.js';
import { openDoor, plainly } from './door.js';
import { openKeep } from './keep.js';
import { ROOM, Talk, inGroup, withPhone } from './talk.js';
import { $, Log, make, nameOf, showChats, showLine, showTyping, spaced, toast, told } from './view.js';
import { language, say, speak, translate } from './words.js';

const AT_ONCE = 100;
const PLACE = /^\/chat\/(personal|group|room)\/([^/]+)(?:\/([^/]+))?\/?$/;

let me = null;
let keep = null;
let talk = null;
let chat = null;
let shown = AT_ONCE;
let line = 'trying';
let meeting = false;
const drafts = new Map();
const log = new Log({ seen: (ids) => talk?.seen(ids), takeBack: (message) => talk?.takeBack(message) });

const pathOf = (id) => {
  if (id === ROOM) return '/chat/room/room/';
  return id[0] === 'g' ? `/chat/group/${me.phone}/${id.slice(2)}` : `/chat/personal/${me.phone}/${id.slice(2)}/`;
};

/** The chat that the address names. */
function named() {
  const [, kind, first, second] = PLACE.exec(location.pathname) ?? [];
  if (!kind) return null;
  if (kind === 'room') return ROOM;
  const phone = first.replace(/\D/g, '');
  if (phone !== me.phone || !second) {
    toast(say('otherPerson'));
    history.replaceState(null, '', '/chat');
    return null;
  }
  return kind === 'group' ? inGroup(second) : withPhone(second.replace(/\D/g, ''));
}

// One rendering at a time; what changes meanwhile is one more.
let drawing = false;
let stale = false;
async function draw() {
  stale = true;
  if (drawing) return;
  drawing = true;
  try {
    while (stale && keep) {
      stale = false;
      await drawOnce();
    }
  } catch (error) {
    if (keep) console.error(error);
  } finally {
    drawing = false;
  }
}

async function drawOnce() {
  const [open, chats] = [chat, await keep.chats()];
  showChats(chats.map((each) => ({ ...each, path: pathOf(each.id) })), open);
  if (!open) return;
  const about = chats.find((each) => each.id === open) ?? { id: open };
  const { messages, more } = await keep.latest(open, shown);
  if (chat !== open) return;
  $('talk-title').textContent = nameOf(about);
  const people = open[0] === 'g' && about.members ? say('people', about.members.length) : '';
  const isGone = about.left || talk?.refused.has(open);
  const gone = isGone && (open === ROOM ? 'roomOver' : open[0] === 'g' ? 'notIn' : 'strange');
  $('about').textContent = gone ? say(gone) : about.label && open[0] === 'p' ? spaced(open.slice(2)) : people;
  $('write').hidden = Boolean(isGone) || (open === ROOM && !about.since);
  $('earlier').hidden = !more;
  log.show(about, messages, me.phone);
  drawRoom(open, about);
}

/** What can be done with a room without names. */
function drawRoom(open, { since, left, voted }) {
  const button = (word, act) => make('button', { type: 'button', className: 'quiet', onclick: act }, say(word));
  const inRoom = since && !left;
  const parts = [];
  if (inRoom) {
    parts.push(voted ? make('span', {}, say('voted')) : button('voteYes', () => room('DELETE', { response: '1' })));
    parts.push(button('voteNo', () => room('DELETE', { response: '0' })), button('part', () => room('PUT')));
  } else if (meeting) {
    parts.push(make('span', {}, say('meeting')), button('stopMeeting', () => room('DELETE')));
  } else {
    parts.push(button('meet', () => room('POST')));
  }
  $('room-bar').hidden = open !== ROOM;
  const state = JSON.stringify([open, inRoom, voted, meeting, language]);
  if ($('room-bar').dataset.state === state) return;
  $('room-bar').dataset.state = state;
  $('room-bar').replaceChildren(...parts);
}

async function room(method, wish) {
  try {
    meeting = (await talk.room(method, wish)) === 'waiting';
  } catch (error) {
    toast(plainly(error));
  }
  draw();
}

/** Shows the chat that the address names, or the list. */
async function arrive(focus = true) {
  if (chat) drafts.set(chat, $('text').value);
  chat = named();
  if (talk) talk.current = chat;
  shown = AT_ONCE;
  log.clear();
  showTyping('');
  document.body.classList.toggle('in-chat', Boolean(chat));
  $('chats').hidden = false;
  $('talk').hidden = !chat;
  $('empty').hidden = Boolean(chat);
  $('text').value = drafts.get(chat) ?? '';
  if (chat) $('talk-title').textContent = nameOf({ id: chat });
  if (chat && chat !== ROOM) talk?.post.want(chat);
  await draw();
  // On a small screen the keyboard would cover what is to be read.
  if (focus) $(chat ? (matchMedia('(min-width: 45rem)').matches && !$('write').hidden ? 'text' : 'talk-title') : 'chats-title').focus();
}

function go(id) {
  history.pushState(null, '', id ? pathOf(id) : '/chat');
  return arrive();
}

/** The page of somebody who has just signed in. */
async function enter(account, focus = true) {
  me = account;
  $('door').hidden = true;
  $('leave').hidden = false;
  document.body.classList.add('signed-in');
  if (!me.phone) return stop(say('noPhone'));
  try {
    keep = await openKeep(me.id);
  } catch {
    return stop(say('noKeep'));
  }
  // Browsers throw away what was not asked to be kept; messages are nowhere else.
  navigator.storage?.persist?.();
  $('mine').textContent = say('yourLine', spaced(me.phone));
  tell('trying');
  talk = new Talk(me, keep, {
    changed: draw,
    line: tell,
    ended: () => quit(say('ended')),
    typing: (where, author) => where === chat && showTyping(where[0] === 'g' ? say('whoWrites', spaced(author)) : say('writing')),
    told: async (word, where, ...parts) => {
      if (word === 'room_create') meeting = false;
      const text = told(word, (await keep?.chat(where)) ?? { id: where }, parts);
      if (text) toast(text);
    },
  });
  return arrive(focus);
}

function tell(state) {
  line = state;
  showLine(state);
}

/** Nothing more can be done here than to leave. */
function stop(why) {
  $('door').hidden = true;
  toast(why);
  $('empty').hidden = false;
  $('empty').firstElementChild.textContent = why;
}

async function quit(why = '', forget = false) {
  await talk?.stop();
  if (forget) await keep?.forget();
  else keep?.close();
  [me, keep, talk, chat] = [null, null, null, null];
  drafts.clear();
  log.clear();
  $('list').replaceChildren();
  document.body.classList.remove('in-chat', 'signed-in');
  document.title = 'Hearken';
  for (const part of ['chats', 'talk', 'empty', 'leave']) $(part).hidden = true;
  $('line').textContent = '';
  $('line').className = '';
  $('door').hidden = false;
  $('door-error').textContent = why;
  $('door-title').focus();
}

function send() {
  const text = $('text').value.trim();
  if (!text || !talk || !chat) return;
  talk.write(chat, text).catch(() => {
    $('text').value = text;
    toast(say('noKeep'));
  });
  $('text').value = '';
  $('text').focus();
  log.toEnd();
}

function wire() {
  $('language').value = language;
  $('language').addEventListener('change', () => {
    speak($('language').value);
    if (me?.phone) $('mine').textContent = say('yourLine', spaced(me.phone));
    if (me) showLine(line);
    draw();
  });
  document.addEventListener('click', (event) => {
    const link = event.target.closest('#list a, #back');
    if (!link || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    go(link.id === 'back' ? null : link.dataset.chat);
  });
  addEventListener('popstate', () => keep && arrive());
  $('earlier').addEventListener('click', () => {
    shown += AT_ONCE;
    draw();
  });
  $('write').addEventListener('submit', (event) => {
    event.preventDefault();
    send();
  });
  $('text').addEventListener('input', () => $('text').value && talk?.typing(chat));
  $('text').addEventListener('keydown', (event) => {
    if (event.key === 'Escape') return go(null);
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing || matchMedia('(pointer: coarse)').matches) return null;
    event.preventDefault();
    return send();
  });
  for (const close of document.querySelectorAll('[data-close]')) {
    close.addEventListener('click', () => close.closest('dialog').close());
  }
  wireStart();
  wireLeaving();
}

function wireStart() {
  $('new').addEventListener('click', () => {
    $('start-form').reset();
    $('start-error').textContent = '';
    $('start').showModal();
  });
  $('start-form').addEventListener('submit', async (event) => {
    event.preventDefault();
    const phone = $('number').value.replace(/\D/g, '');
    const wrong = !/^\d{10,15}$/.test(phone) ? 'badNumber' : phone === me.phone ? 'self' : null;
    $('start-error').textContent = wrong ? say(wrong) : '';
    if (wrong) return $('number').focus();
    try {
      const id = await talk.start(phone, $('label').value.trim());
      $('start').close();
      return go(id);
    } catch (error) {
      $('start-error').textContent = error.status === 404 ? say('strange') : plainly(error);
      return $('number').focus();
    }
  });
  $('meet').addEventListener('click', async () => {
    $('start').close();
    await room('POST');
    go(ROOM);
  });
}

function wireLeaving() {
  $('leave').addEventListener('click', async () => {
    $('leaving-form').reset();
    $('waiting').hidden = !(keep && (await keep.unsent()));
    $('leaving').showModal();
  });
  $('leaving-form').addEventListener('submit', async (event) => {
    event.preventDefault();
    $('leaving').close();
    const gone = leave();
    await quit('', $('forget').checked);
    history.replaceState(null, '', '/chat');
    await gone;
  });
}

translate();
wire();
openDoor((account) => enter(account));
for (let wait = 1000, knocking = true; knocking; wait = Math.min(wait * 2, 30_000)) {
  try {
    // Somebody signed out while the server could not be reached: that comes first.
    if (leftBehind()) await leave();
    const account = leftBehind() ? null : await who();
    knocking = false;
    if (account) await enter(account, false);
    else $('door').hidden = false;
  } catch (error) {
    $('line').textContent = plainly(error);
    await new Promise((go) => setTimeout(go, wait));
  }
}
