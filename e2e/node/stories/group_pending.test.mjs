// Who of a group has not received a message yet: fetches, receipts that shrink the list, and leaving.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { at, fetchedAt, gather, leaveGroup, makeGroup, namedAt } from '../harness/people.mjs';
import { Server } from '../harness/server.mjs';

let server;
before(async () => (server = await Server.start()));
after(() => server?.stop());

/** Sends the `number`-th message to the group and waits until it is saved. */
async function say(group, author, key, number) {
  const said = group.send(author.tells(key, 'new_grp_msg', `message ${number}`, at(number)));
  await group.expectSent(said, namedAt(number));
  return said;
}

/** A fetched entry with its list of phones in a fixed order: they are a set. */
const sorted = (entry) => ({ ...entry, pending: [...entry.pending].sort() });

/** What `reader` finds of the `number`-th message while these members have not received it. */
const waiting = (reader, author, key, number, pending) => ({
  ...reader.hears(author, key, author.tells(key, 'new_msg', `message ${number}`, fetchedAt(number)), 'new_msg'),
  pending: pending.map((member) => member.phone).sort(),
});

test('what waits is listed fifty to a frame, each with who has not received it', async (t) => {
  const [ana, ben, cid] = await gather(t, server, 'Ana', 'Ben', 'Cid');
  const key = await makeGroup(ana, ben, cid);
  const group = await (await ana.away()).group(key);
  for (let number = 0; number < 100; number += 1) await say(group, ana, key, number);

  const bens = await ben.device();
  const frames = await bens.inbox.fetch(ben.phone, 'fetch_grp_msgs');

  assert.deepEqual(frames.map((messages) => messages.length), [50, 50]);
  const expected = Array.from({ length: 100 }, (_, number) => waiting(ben, ana, key, number, [ben, cid]));
  assert.deepEqual(frames.flat().map(sorted), expected);
  // Fetching deletes nothing, and the author has nothing waiting.
  assert.equal((await bens.fetchGroups()).length, 100);
  assert.deepEqual(await (await ana.device()).inbox.fetch(ana.phone, 'fetch_grp_msgs'), [[]]);
});

test('a receipt takes its sender off the list, and the last one frees the message', async (t) => {
  const [ana, ben, cid, dan] = await gather(t, server, 'Ana', 'Ben', 'Cid', 'Dan');
  const key = await makeGroup(ana, ben, cid, dan);
  const phone = await ana.device();
  const devices = { ben: await ben.device(), cid: await cid.device(), dan: await dan.device() };
  const group = await phone.group(key);
  const said = await say(group, ana, key, 0);
  for (const [member, { inbox }] of [[ben, devices.ben], [cid, devices.cid], [dan, devices.dan]]) {
    await inbox.expect(member.hears(ana, key, said, 'new_msg'));
  }

  // Addressed to the author's phone, as the seed shows it.
  const bens = await devices.ben.group(key);
  const first = bens.send(ben.tells(ana.phone, 'grp_msg_received', namedAt(0), at(1)));
  await phone.inbox.expect(ana.hears(ben, key, first, 'msg_received'));
  await devices.cid.inbox.expect(cid.hears(ben, key, first, 'msg_received'));
  await devices.dan.inbox.expect(dan.hears(ben, key, first, 'msg_received'));
  assert.deepEqual(await devices.ben.fetchGroups(), []);
  assert.deepEqual((await devices.cid.fetchGroups()).map(sorted), [waiting(cid, ana, key, 0, [cid, dan])]);

  // Addressed to the group.
  const cids = await devices.cid.group(key);
  const second = cids.send(cid.tells(key, 'grp_msg_received', at(0), at(2)));
  await phone.inbox.expect(ana.hears(cid, key, second, 'msg_received'));
  await devices.dan.inbox.expect(dan.hears(cid, key, second, 'msg_received'));
  assert.deepEqual((await devices.dan.fetchGroups()).map(sorted), [waiting(dan, ana, key, 0, [dan])]);

  const dans = await devices.dan.group(key);
  const last = dans.send(dan.tells(key, 'grp_msg_received', at(0), at(3)));
  await phone.inbox.expect(ana.hears(dan, key, last, 'msg_received'));
  assert.deepEqual(await devices.dan.fetchGroups(), []);
  group.send(ana.tells(key, 'delete_grp_msg', at(0), at(4)));
  assert.equal(await group.expectError('delete_grp_msg', ana.phone, key), "couldn't find a message to delete");
});

test('a repeated receipt changes nothing and is not told again', async (t) => {
  const [ana, ben, cid] = await gather(t, server, 'Ana', 'Ben', 'Cid');
  const key = await makeGroup(ana, ben, cid);
  const phone = await ana.device();
  const group = await phone.group(key);
  await say(group, ana, key, 0);

  const one = await (await ben.away()).group(key);
  const first = one.send(ben.tells(key, 'grp_msg_received', at(0), at(1)));
  await phone.inbox.expect(ana.hears(ben, key, first, 'msg_received'));
  const other = await (await ben.away()).group(key);
  other.send(ben.tells(key, 'grp_msg_received', at(0), at(2)));
  const after = await say(other, ben, key, 3);

  await phone.inbox.expect(ana.hears(ben, key, after, 'new_msg'));
  const [listed] = await (await cid.device()).fetchGroups();
  assert.deepEqual(sorted(listed), waiting(cid, ana, key, 0, [cid]));
});

test('a receipt by one device takes nothing from another that is connected', async (t) => {
  const [ana, ben] = await gather(t, server, 'Ana', 'Ben');
  const key = await makeGroup(ana, ben);
  const phone = await ana.device();
  const group = await phone.group(key);
  const [quick, slow, slower] = await ben.devices();
  const receipts = await quick.group(key);

  const said = [];
  for (let number = 0; number < 20; number += 1) {
    said.push(ben.hears(ana, key, await say(group, ana, key, number), 'new_msg'));
    await quick.inbox.expect(said[number]);
    const receipt = receipts.send(ben.tells(key, 'grp_msg_received', at(number), at(100 + number)));
    await phone.inbox.expect(ana.hears(ben, key, receipt, 'msg_received'));
  }

  for (const message of said) {
    await slow.inbox.expect(message);
    await slower.inbox.expect(message);
  }
  assert.deepEqual(await (await ben.device()).fetchGroups(), []);
});

test('reading is told to all others under both names and frees nothing', async (t) => {
  const [ana, ben, cid] = await gather(t, server, 'Ana', 'Ben', 'Cid');
  const key = await makeGroup(ana, ben, cid);
  const [phone, cids] = [await ana.device(), await cid.device()];
  const said = await say(await phone.group(key), ana, key, 0);
  await cids.inbox.expect(cid.hears(ana, key, said, 'new_msg'));

  const bens = await (await ben.away()).group(key);
  for (const command of ['grp_msg_read', 'msg_read']) {
    const read = bens.send(ben.tells(key, command, at(0), at(1)));
    await phone.inbox.expect(ana.hears(ben, key, read, 'msg_read'));
    await cids.inbox.expect(cid.hears(ben, key, read, 'msg_read'));
  }
  const [listed] = await (await ben.device()).fetchGroups();
  assert.deepEqual(sorted(listed), waiting(ben, ana, key, 0, [ben, cid]));
});

test('a receipt to the group covers every author of that time, one to a phone that author alone', async (t) => {
  const [ana, ben, cid, dan] = await gather(t, server, 'Ana', 'Ben', 'Cid', 'Dan');
  const key = await makeGroup(ana, ben, cid, dan);
  await say(await (await ana.away()).group(key), ana, key, 0);
  await say(await (await ben.away()).group(key), ben, key, 0);
  const [cids, dans] = [await cid.device(), await dan.device()];

  (await cids.group(key)).send(cid.tells(ana.phone, 'grp_msg_received', at(0), at(1)));
  await dans.inbox.receive();
  assert.deepEqual((await cids.fetchGroups()).map(({ msg_from }) => msg_from), [`${key}-${ben.phone}`]);

  (await dans.group(key)).send(dan.tells(key, 'grp_msg_received', at(0), at(2)));
  await cids.inbox.receive();
  assert.deepEqual(await dans.fetchGroups(), []);
});

test('whoever leaves is off every list, and frees what waited for nobody else', async (t) => {
  const [ana, ben, cid] = await gather(t, server, 'Ana', 'Ben', 'Cid');
  const key = await makeGroup(ana, ben, cid);
  const group = await (await ana.away()).group(key);
  await say(group, ana, key, 0);
  await say(group, ana, key, 1);
  const bens = await ben.device();
  const receipts = await bens.group(key);
  receipts.send(ben.tells(key, 'grp_msg_received', at(0), at(2)));
  await say(receipts, ben, key, 3);

  await leaveGroup(cid, key);

  // The first waited for Cid alone by then, the second still waits for Ben.
  group.send(ana.tells(key, 'delete_grp_msg', at(0), at(4)));
  assert.equal(await group.expectError('delete_grp_msg', ana.phone, key), "couldn't find a message to delete");
  assert.deepEqual((await bens.fetchGroups()).map(sorted), [waiting(ben, ana, key, 1, [ben])]);
  assert.deepEqual(await (await cid.device()).fetchGroups(), []);
  await assert.rejects((await cid.away()).group(key), { status: 403 });
});
