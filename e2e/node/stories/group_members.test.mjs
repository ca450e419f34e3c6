// Who is in a group, changed while sockets are open: what those who come, go and stay hear of it.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { at, changeGroup, gather, leaveGroup, makeGroup, namedAt } from '../harness/people.mjs';
import { Server } from '../harness/server.mjs';

let server;
before(async () => (server = await Server.start()));
after(() => server?.stop());

/** Sends a message to the group, waits until it is saved, and returns it. */
async function say(group, author, key, message, number) {
  const said = group.send(author.tells(key, 'new_grp_msg', message, at(number)));
  await group.expectSent(said, namedAt(number));
  return said;
}

test('whoever is added hears what comes from now on, and can answer', async (t) => {
  const [ana, ben, cid] = await gather(t, server, 'Ana', 'Ben', 'Cid');
  const key = await makeGroup(ana, ben);
  const group = await (await ana.away()).group(key);
  const [bens, cids] = [await ben.device(), await cid.device()];
  await assert.rejects(cids.group(key), { status: 403 });
  const before = await say(group, ana, key, 'before Cid', 0);
  await bens.inbox.expect(ben.hears(ana, key, before, 'new_msg'));

  const { participants } = await changeGroup(ana, key, 'add', cid);
  assert.deepEqual(participants, [ana, ben, cid].map(({ phone }) => phone));

  const now = await say(group, ana, key, 'now with Cid', 1);
  await cids.inbox.expect(cid.hears(ana, key, now, 'new_msg'));
  assert.deepEqual((await cids.fetchGroups()).map(({ message }) => message), ['now with Cid']);
  const answer = await say(await cids.group(key), cid, key, 'hello', 2);
  await bens.inbox.expect(ben.hears(ana, key, now, 'new_msg'));
  await bens.inbox.expect(ben.hears(cid, key, answer, 'new_msg'));
});

test('whoever is removed hears nothing more, and his open socket says so', async (t) => {
  const [ana, ben, cid] = await gather(t, server, 'Ana', 'Ben', 'Cid');
  const key = await makeGroup(ana, ben, cid);
  const group = await (await ana.away()).group(key);
  const chat = await (await ana.away()).chat(cid);
  const [bens, cids] = [await ben.device(), await cid.device()];
  const sending = await cids.group(key);
  const before = await say(group, ana, key, 'before', 0);

  await changeGroup(ana, key, 'remove', cid);

  await cids.inbox.expect(cid.hears(ana, key, before, 'new_msg'));
  const now = await say(group, ana, key, 'without Cid', 1);
  group.send(ana.tells(key, 'is_grp_typing', '--null--', at(2)));
  const personal = chat.send(ana.tells(cid.phone, 'new_msg', 'only for Cid', at(3)));
  // The next thing he hears is not the group's.
  await cids.inbox.expect(personal);
  assert.deepEqual(await cids.fetchGroups(), []);
  for (const [command, message] of [['new_grp_msg', 'still here?'], ['grp_msg_received', at(0)], ['is_grp_typing', '']]) {
    sending.send(cid.tells(key, command, message, at(4)));
    await sending.expectError(command, cid.phone, key);
  }
  await bens.inbox.expect(ben.hears(ana, key, before, 'new_msg'));
  await bens.inbox.expect(ben.hears(ana, key, now, 'new_msg'));
});

test('the last to leave ends the group', async (t) => {
  const [ana, ben] = await gather(t, server, 'Ana', 'Ben');
  const key = await makeGroup(ana, ben);
  const bens = await ben.away();
  const open = await bens.group(key);

  await leaveGroup(ana, key);
  await assert.rejects((await ana.away()).group(key), { status: 403 });
  assert.deepEqual((await changeGroup(ben, key, 'rename', 'Just me')).admin, [ben.phone]);
  await leaveGroup(ben, key);

  for (const person of [ana, ben]) await assert.rejects((await person.away()).group(key), { status: 404 });
  open.send(ben.tells(key, 'new_grp_msg', 'anybody?', at(0)));
  await open.expectError('new_grp_msg', ben.phone, key);
});
