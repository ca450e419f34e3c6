// The desk from end to end, with `socket.io-client` on each of its transports: two visitors, two agents, a supervisor and an
// admin sign in, wait, claim, talk, flag, take over, lose the line, come back and leave. What every event carries is
// compared with the seed's as it comes.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { gather, TRANSPORTS } from '../harness/desk.mjs';
import { Server } from '../harness/server.mjs';

const CAST = { Vera: 'visitor', Viktor: 'visitor', Anna: 'agent', Arne: 'agent', Sofia: 'supervisor', Adam: 'admin' };

let server;
before(async () => {
  // A poll that is cut off between two of them is noticed by the missing pong.
  server = await Server.start({
    HEARKEN_DESK__PING_INTERVAL: '400ms',
    HEARKEN_DESK__PING_TIMEOUT: '3s',
    HEARKEN_DESK__RECONNECT_GRACE: '1h',
  });
});
after(() => server.stop());

const said = (text) => ({ content: text, timestamp: 1_572_526_821_849 });

/** Waits until this many Socket.IO connections and WebSockets are open. */
async function open(count) {
  for (;;) {
    const page = await (await fetch(`http://${server.address}/metrics`)).text();
    const [, found] = /^hearken_open_sockets (\d+)$/m.exec(page);
    if (Number(found) === count) return;
  }
}

for (const [kind, transports] of Object.entries(TRANSPORTS)) {
  test(`the whole story by ${kind}`, async (t) => {
    const people = await gather(t, server, CAST);
    const [vera, viktor, anna, arne, sofia, adam] = people;

    const [annas, first] = await anna.tab(transports);
    assert.deepEqual(first.online_users.map((user) => user.id), [anna.id]);
    assert.deepEqual([first.unclaimed_chats, first.flagged_chats], [[], []]);
    const [arnes] = await arne.tab(transports);
    assert.equal((await annas.hear('staff_goes_online')).user.id, arne.id);
    const [sofias] = await sofia.tab(transports);
    const [adams] = await adam.tab(transports);
    for (const tab of [annas, arnes]) {
      assert.equal((await tab.until('staff_goes_online')).user.full_name, 'Sofia');
      assert.equal((await tab.until('staff_goes_online')).user.role_id, 1);
    }
    const [veras, lobby] = await vera.tab(transports);
    assert.deepEqual(lobby, { chat: null, staff_online: true });
    assert.equal((await annas.hear('visitor_goes_online')).user.id, vera.id);

    // Waiting.
    await veras.mayNot('You have no open chat.', 'visitor_msg', said('Anybody?'));
    await veras.does('visitor_first_msg', said('Hello'));
    const queued = await annas.hear('append_unclaimed_chats');
    assert.deepEqual([queued.user.id, queued.contents], [vera.id, [said('Hello')]]);
    const room = queued.room.id;
    assert.deepEqual([queued.room.tags, queued.room.severity_level], [[], 0]);
    await veras.mayNot('You already have an open chat.', 'visitor_first_msg', said('Again'));
    await veras.mayNot('The chat is not claimed yet.', 'visitor_msg', said('Well?'));
    await veras.does('visitor_msg_unclaimed', said('Anybody there?'));
    assert.deepEqual((await arnes.until('visitor_unclaimed_msg')).content, said('Anybody there?'));

    // Claiming.
    await annas.does('staff_join', { room });
    await arnes.mayNot('This chat is already claimed.', 'staff_join', { room });
    assert.equal((await veras.hear('staff_join_room')).user.id, anna.id);
    const claimed = await arnes.until('staff_claim_chat');
    assert.deepEqual([claimed.user.id, claimed.room.id, claimed.staff.id], [vera.id, room, anna.id]);
    const taken = await sofias.until('agent_new_chat');
    assert.deepEqual([taken.user.id, taken.visitor.id], [anna.id, vera.id]);
    assert.deepEqual(
      taken.contents.map((row) => [row.sender, row.type_id, row.sequence_num, row.content]),
      [
        [null, 1, 1, said('Hello')],
        [null, 1, 2, said('Anybody there?')],
      ],
    );

    // Talking.
    await annas.does('staff_msg', { room, content: said('Yes ?') });
    assert.deepEqual((await veras.hear('staff_send')).content, said('Yes ?'));
    assert.equal((await adams.until('new_staff_msg_for_supervisor')).user.id, anna.id);
    await veras.does('visitor_msg', said('Good'));
    assert.deepEqual((await annas.until('visitor_send')).content, said('Good'));
    assert.equal((await adams.until('new_visitor_msg_for_supervisor')).user.id, vera.id);
    await arnes.mayNot('You are not serving this chat.', 'staff_msg', { room, content: said('Me too') });
    await veras.does('user_typing_send');
    assert.equal((await annas.hear('user_typing_receive')).user.id, vera.id);

    // Flagging, and noting.
    await arnes.does('change_chat_priority', { room, severity_level: 2 });
    assert.equal((await sofias.until('chat_has_changed_priority_for_supervisor')).room.severity_level, 2);
    await annas.does('chat_note', { room, content: said('Knows Arne') });
    assert.deepEqual((await sofias.until('chat_note')).content, said('Knows Arne'));
    await annas.does('chat_tags', { room, tags: ['vip'] });
    assert.deepEqual((await arnes.until('chat_tags')).room.tags, ['vip']);

    // Taking over.
    await arnes.mayNot('A agent cannot take over a chat from a agent.', 'take_over_chat', { room });
    await sofias.does('take_over_chat', { room });
    for (const tab of [veras, annas]) {
      assert.equal((await tab.hear('staff_being_taken_over_chat')).user.id, sofia.id);
    }
    const over = await adams.until('staff_take_over_chat');
    assert.deepEqual([over.user.id, over.room.id], [sofia.id, room]);
    await annas.mayNot('You are not serving this chat.', 'staff_msg', { room, content: said('Still here') });

    // Losing the line, and coming back.
    await open(5);
    await veras.lose();
    await open(4);
    await sofias.does('staff_msg', { room, content: said('One moment') });
    await sofias.does('chat_note', { room, content: said('Gone?') });
    await sofias.does('staff_msg', { room, content: said('There you are') });
    const back = await veras.back();
    assert.equal(back.chat.room.id, room);
    const missed = await veras.hear('chat_missed');
    assert.deepEqual(
      missed.messages.map((row) => row.content),
      [said('One moment'), said('There you are')],
    );
    const all = back.chat.contents.map((row) => [row.type_id, row.content.content]);
    const words = ['Hello', 'Anybody there?', 'join room', 'Yes ?', 'Good', 'take over room', 'One moment', 'There you are'];
    assert.deepEqual(all, words.map((text) => [text.endsWith(' room') ? 0 : 1, text]));
    await veras.does('visitor_msg', said('Here again'));
    assert.deepEqual((await sofias.until('visitor_send')).content, said('Here again'));

    // A second visitor gives up waiting; a chat is put back.
    const [viktors] = await viktor.tab(transports);
    await viktors.does('visitor_first_msg', said('Quick one'));
    const second = (await annas.until('append_unclaimed_chats')).room.id;
    await annas.does('staff_join', { room: second });
    await annas.does('return_chat', { room: second });
    assert.equal((await viktors.until('chat_returned')).room.id, second);
    assert.deepEqual((await annas.until('append_unclaimed_chats')).contents, [said('Quick one')]);
    await viktors.does('visitor_leave_room');
    assert.equal((await annas.until('visitor_leave_queue')).user.id, viktor.id);
    await annas.mayNot("The chat room is either closed or doesn't exist.", 'staff_join', { room: second });

    // Leaving.
    await sofias.does('staff_leave_room', { room });
    assert.equal((await veras.hear('staff_leave')).user.id, sofia.id);
    assert.equal((await adams.until('staff_leave_chat_for_supervisor')).user.id, sofia.id);
    await veras.does('visitor_first_msg', said('One more thing'));
    const third = (await arnes.until('append_unclaimed_chats')).room.id;
    assert.notEqual(third, room);
    await veras.leave();
    assert.equal((await arnes.until('visitor_leave_queue')).room.id, third);
    assert.equal((await arnes.until('visitor_goes_offline')).user.id, vera.id);

    // What is kept of it.
    const { status, body } = await server.http('GET', `/api/v1/desk/chats/${room}/messages`, adam.token);
    assert.equal(status, 200);
    assert.deepEqual(body.data.map((row) => row.sequence_num), body.data.map((_, index) => index + 1));
  });

  test(`a refused handshake by ${kind}`, async (t) => {
    const { io } = await import('socket.io-client');
    const socket = io(`http://${server.address}`, { transports, forceNew: true, reconnection: false });
    t.after(() => socket.disconnect());
    const error = await new Promise((resolve) => socket.once('connect_error', resolve));
    assert.match(error.message, transports[0] === 'polling' ? /xhr poll error/ : /websocket error/);
    if (transports[0] === 'polling') assert.equal(error.context.status, 401);
  });
}
