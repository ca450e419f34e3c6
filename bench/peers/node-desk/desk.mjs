// The seed's events: who may say what, what is stored, and who hears of it. Everything is stored before it is acked
// or told to anybody.

import { Chats, newId, nextMessage, roomOf } from './chats.mjs';
import { Refusal, answering, content, inOrder, object } from './answers.mjs';

const STAFF = 'staff';
const SUPERVISORS = 'supervisors';
const of = (person) => `person:${person.id}`;

const LOST = 'The chat room is either closed or doesn\'t exist.';

/** Serves everybody who connects. */
export async function serve(io, people, store) {
  const chats = new Chats();
  for (const row of await store.openChats()) {
    chats.add({
      id: row.id,
      visitor: people.byId.get(row.visitor_id),
      staff: people.byId.get(row.staff_id),
      createdAt: Number(row.created_at),
      updatedAt: Number(row.updated_at),
      last: row.last,
    });
  }
  const desk = { io, store, chats, online: new Map() };
  io.on('connection', (socket) => {
    const { person } = socket.conn;
    const turn = inOrder();
    const on = (name, handler) => socket.on(name, answering(turn, handler));
    if (person.isStaff) {
      turn(() => staffArrives(desk, socket, person));
      staffEvents(desk, socket, person, on);
    } else {
      turn(() => visitorArrives(desk, socket, person));
      visitorEvents(desk, person, on);
    }
    socket.on('disconnect', () => turn(() => leave(desk, socket, person)));
  });
}

function visitorEvents({ io, store, chats }, visitor, on) {
  const openChat = () => {
    const chat = chats.ofVisitor(visitor);
    if (!chat) throw new Refusal('You have no open chat.');
    return chat;
  };

  on('visitor_first_msg', async (data) => {
    const said = content(data);
    if (chats.ofVisitor(visitor)) throw new Refusal('You already have an open chat.');
    const chat = { id: newId(), visitor, staff: undefined, createdAt: Date.now(), last: 0 };
    chats.add(chat);
    try {
      await store.openChat(chat, nextMessage(chat, null, 1, said));
    } catch (error) {
      chats.remove(chat);
      throw error;
    }
    return () =>
      io.to(STAFF).emit('append_unclaimed_chats', { user: visitor.shown, room: roomOf(chat), contents: [said] });
  });

  on('visitor_msg_unclaimed', async (data) => {
    const said = content(data);
    const chat = openChat();
    if (chat.staff) throw new Refusal('The chat is already claimed.');
    await store.addMessage(nextMessage(chat, null, 1, said));
    return () =>
      io.to(STAFF).emit('visitor_unclaimed_msg', { user: visitor.shown, room: roomOf(chat), content: said });
  });

  on('visitor_msg', async (data) => {
    const said = content(data);
    const chat = openChat();
    if (!chat.staff) throw new Refusal('The chat is not claimed yet.');
    await store.addMessage(nextMessage(chat, null, 1, said));
    return () => {
      const told = { user: visitor.shown, room: roomOf(chat), content: said };
      io.to(of(chat.staff)).emit('visitor_send', told);
      io.to(SUPERVISORS).emit('new_visitor_msg_for_supervisor', told);
    };
  });

  on('visitor_leave_room', async () => close({ io, store, chats }, openChat(), visitor));
}

function staffEvents({ io, store, chats }, socket, staff, on) {
  const roomIn = (data) => {
    const { room } = object(data, 'room');
    if (typeof room !== 'string') throw new Refusal('Missing/Invalid field: room');
    const chat = chats.get(room);
    if (!chat) throw new Refusal(LOST);
    return chat;
  };
  const served = (data) => {
    const chat = roomIn(data);
    if (chat.staff?.id !== staff.id) throw new Refusal('You are not serving this chat.');
    return chat;
  };

  on('staff_join', async (data) => {
    const chat = roomIn(data);
    if (chat.staff) throw new Refusal('This chat is already claimed.');
    if (!(await store.claim(chat.id, staff.id, Date.now()))) throw new Refusal('This chat is already claimed.');
    chat.staff = staff;
    await store.addMessage(nextMessage(chat, staff.id, 0, { content: 'join room' }));
    const rows = staff.role === 'agent' ? await store.rows(chat.id) : [];
    return () => {
      const room = roomOf(chat);
      io.to(of(chat.visitor)).emit('staff_join_room', { user: staff.shown, room });
      socket.to(STAFF).emit('staff_claim_chat', { user: chat.visitor.shown, room, staff: staff.shown });
      if (staff.role === 'agent') {
        const told = { user: staff.shown, visitor: chat.visitor.shown, room, contents: rows };
        socket.to(SUPERVISORS).emit('agent_new_chat', told);
      }
    };
  });

  on('staff_msg', async (data) => {
    const said = content(object(data, 'room').content);
    const chat = served(data);
    await store.addMessage(nextMessage(chat, staff.id, 1, said));
    return () => {
      const told = { user: staff.shown, room: roomOf(chat), content: said };
      io.to(of(chat.visitor)).emit('staff_send', told);
      socket.to(SUPERVISORS).emit('new_staff_msg_for_supervisor', told);
    };
  });

  on('staff_leave_room', async (data) => close({ io, store, chats }, served(data), staff));
}

/** Closes a chat that `person` leaves; what others are told of it. */
async function close({ io, store, chats }, chat, person) {
  chats.remove(chat);
  await store.addMessage(nextMessage(chat, person.isStaff ? person.id : null, 0, { content: 'leave room' }));
  await store.closeChat(chat.id, chat.updatedAt);
  const told = { user: person.shown, room: roomOf(chat) };
  return () => {
    if (!chat.staff) return io.to(STAFF).emit('visitor_leave_queue', told);
    const [other, event] = person.isStaff ? [chat.visitor, 'staff_leave'] : [chat.staff, 'visitor_leave'];
    io.to(of(other)).emit(event, told);
    io.to(SUPERVISORS).emit(`${event}_chat_for_supervisor`, told);
  };
}

async function staffArrives({ io, store, chats, online }, socket, staff) {
  const unclaimed = chats.unclaimed();
  const contents = new Map(unclaimed.map((chat) => [chat.id, []]));
  if (unclaimed.length > 0) {
    for (const row of await store.contents([...contents.keys()])) contents.get(row.chat_id).push(row.content);
  }
  arrive(online, socket, staff, () => socket.to(STAFF).emit('staff_goes_online', { user: staff.shown }));
  const everybody = [...online.values()].map(({ person }) => person);
  socket.emit('staff_init', {
    online_users: everybody.filter((person) => person.isStaff).map((person) => person.shown),
    online_visitors: everybody.filter((person) => !person.isStaff).map((person) => person.shown),
    unclaimed_chats: unclaimed.map((chat) => ({
      user: chat.visitor.shown,
      room: roomOf(chat),
      contents: contents.get(chat.id),
    })),
    flagged_chats: [],
  });
  socket.join(staff.role === 'agent' ? STAFF : [STAFF, SUPERVISORS]);
}

async function visitorArrives({ io, store, chats, online }, socket, visitor) {
  const chat = chats.ofVisitor(visitor);
  const contents = chat ? await store.rows(chat.id) : [];
  arrive(online, socket, visitor, () => io.to(STAFF).emit('visitor_goes_online', { user: visitor.shown }));
  const staffOnline = [...online.values()].some(({ person }) => person.isStaff);
  socket.emit('visitor_init', { chat: chat ? { room: roomOf(chat), contents } : null, staff_online: staffOnline });
}

/** Counts the tabs of a person; the first one is told of. */
function arrive(online, socket, person, tell) {
  socket.join(of(person));
  const entry = online.get(person.id);
  if (entry) entry.tabs += 1;
  else {
    online.set(person.id, { person, tabs: 1 });
    tell();
  }
}

/** The last tab that goes takes its person's chats with it, at once as in the seed. */
async function leave(desk, socket, person) {
  const entry = desk.online.get(person.id);
  if (!entry) return;
  entry.tabs -= 1;
  if (entry.tabs > 0) return;
  desk.online.delete(person.id);
  const own = person.isStaff ? desk.chats.servedBy(person) : [desk.chats.ofVisitor(person)].filter(Boolean);
  for (const chat of own) (await close(desk, chat, person))();
  desk.io.to(STAFF).emit(person.isStaff ? 'staff_goes_offline' : 'visitor_goes_offline', { user: person.shown });
}
