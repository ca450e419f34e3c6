// Messages of a group: who gets them, what comes back, who gets a copy, typing, and taking one back.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { at, gather, makeGroup, namedAt } from '../harness/people.mjs';
import { Server } from '../harness/server.mjs';

let server;
before(async () => (server = await Server.start()));
after(() => server?.stop());

test('a message reaches every device of every other member', async (t) => {
  const [ana, ben, cid] = await gather(t, server, 'Ana', 'Ben', 'Cid');
  const key = await makeGroup(ana, ben, cid);
  const inboxes = [];
  for (const member of [ben, cid]) {
    for (const { inbox } of await member.devices()) inboxes.push([member, inbox]);
  }
  const group = await (await ana.device()).group(key);

  const said = group.send(ana.tells(key, 'new_grp_msg', 'ok', at(0)));

  await group.expectSent(said, namedAt(0));
  for (const [member, inbox] of inboxes) await inbox.expect(member.hears(ana, key, said, 'new_msg'));
});

test('the message may be addressed to a member and still goes to all', async (t) => {
  const [ana, ben, cid] = await gather(t, server, 'Ana', 'Ben', 'Cid');
  const key = await makeGroup(ana, ben, cid);
  const [bens, cids] = [await ben.device(), await cid.device()];
  const group = await (await ana.away()).group(key);

  const said = group.send(ana.tells(ben.phone, 'new_grp_msg', 'ok', at(0)));

  await group.expectSent(said, namedAt(0), key);
  await bens.inbox.expect(ben.hears(ana, key, said, 'new_msg'));
  await cids.inbox.expect(cid.hears(ana, key, said, 'new_msg'));
});

test('one msg_sent comes back for a message, and names its time in one form', async (t) => {
  const [ana, ben] = await gather(t, server, 'Ana', 'Ben');
  const key = await makeGroup(ana, ben);
  const group = await (await ana.away()).group(key);

  const times = [
    ['2020-11-21 16:32:17.356', '2020-11-21T16:32:17.356Z'],
    ['2020-11-21 16:32:18', '2020-11-21T16:32:18.000Z'],
    ['2020-11-21 16:32:19.123456', '2020-11-21T16:32:19.123456Z'],
    ['2020-11-21T18:02:20.5+01:30', '2020-11-21T16:32:20.500Z'],
  ];
  for (const [written, named] of times) {
    const said = group.send(ana.tells(key, 'new_grp_msg', `at ${written}`, written));
    await group.expectSent(said, named);
  }
});

test("the author's other sign-ins get a copy from themselves, the one that wrote gets none", async (t) => {
  const [ana, ben] = await gather(t, server, 'Ana', 'Ben');
  const key = await makeGroup(ana, ben);
  const [phone, tablet, laptop] = await ana.devices();
  const anas = await phone.group(key);
  const bens = await (await ben.away()).group(key);

  const said = anas.send(ana.tells(key, 'new_grp_msg', 'written on the phone', at(0)));
  await anas.expectSent(said, namedAt(0));
  const answer = bens.send(ben.tells(key, 'new_grp_msg', 'an answer', at(1)));
  await bens.expectSent(answer, namedAt(1));

  for (const { inbox } of [tablet, laptop]) {
    await inbox.expect(ana.hears(ana, key, said, 'new_msg'));
    await inbox.expect(ana.hears(ben, key, answer, 'new_msg'));
  }
  await phone.inbox.expect(ana.hears(ben, key, answer, 'new_msg'));
});

test('everybody sees one order', async (t) => {
  const members = await gather(t, server, 'Ana', 'Ben', 'Cid', 'Dan');
  const key = await makeGroup(...members);
  const [listener] = members;
  const [one, other, third] = await listener.devices();
  const writers = members.slice(1);
  const each = 25;

  const write = async (person, offset) => {
    const group = await (await person.away()).group(key);
    for (let count = 0; count < each; count += 1) {
      const number = count * writers.length + offset;
      const said = group.send(person.tells(key, 'new_grp_msg', `message ${number}`, at(number)));
      await group.expectSent(said, namedAt(number));
    }
  };
  await Promise.all(writers.map(write));

  const heard = async ({ inbox }) => {
    const texts = [];
    for (let count = 0; count < each * writers.length; count += 1) texts.push((await inbox.receive()).message);
    return texts;
  };
  const order = await heard(one);
  assert.equal(new Set(order).size, each * writers.length);
  assert.deepEqual(await heard(other), order);
  assert.deepEqual(await heard(third), order);
  const listed = await (await listener.device()).fetchGroups();
  assert.deepEqual(listed.map(({ message }) => message), order);
});

test('typing arrives without a message and is not kept', async (t) => {
  const [ana, ben, cid] = await gather(t, server, 'Ana', 'Ben', 'Cid');
  const key = await makeGroup(ana, ben, cid);
  const [phone, tablet] = [await ben.device(), await ben.device()];
  const group = await (await ana.away()).group(key);

  const typing = group.send(ana.tells(key, 'is_grp_typing', '--null--', at(0)));

  const heard = ben.hears(ana, key, typing, 'is_typing');
  delete heard.message;
  await phone.inbox.expect(heard);
  await tablet.inbox.expect(heard);
  assert.deepEqual(await (await cid.device()).fetchGroups(), []);
});

test('a message is taken back while somebody has not received it, and no later', async (t) => {
  const [ana, ben, cid] = await gather(t, server, 'Ana', 'Ben', 'Cid');
  const key = await makeGroup(ana, ben, cid);
  const phone = await ana.device();
  const bens = await ben.device();
  const group = await phone.group(key);
  const receipts = await bens.group(key);

  const said = group.send(ana.tells(key, 'new_grp_msg', 'never mind', at(0)));
  await group.expectSent(said, namedAt(0));
  await bens.inbox.expect(ben.hears(ana, key, said, 'new_msg'));
  const deletion = group.send(ana.tells(key, 'delete_grp_msg', at(0), at(1)));
  await group.expect({ ...deletion, command: 'delete_msg' });
  await bens.inbox.expect(ben.hears(ana, key, deletion, 'delete_msg'));
  assert.deepEqual(await (await cid.device()).fetchGroups(), []);

  const kept = group.send(ana.tells(key, 'new_grp_msg', 'received by all', at(2)));
  await group.expectSent(kept, namedAt(2));
  receipts.send(ben.tells(key, 'grp_msg_received', at(2), at(3)));
  const cids = await (await cid.away()).group(key);
  cids.send(cid.tells(key, 'grp_msg_received', at(2), at(4)));
  for (const acknowledged of [await phone.inbox.receive(), await phone.inbox.receive()]) {
    assert.equal(acknowledged.command, 'msg_received');
  }
  group.send(ana.tells(key, 'delete_grp_msg', at(2), at(5)));
  assert.equal(await group.expectError('delete_grp_msg', ana.phone, key), "couldn't find a message to delete");
});

test('a group and a personal chat do not mix', async (t) => {
  const [ana, ben] = await gather(t, server, 'Ana', 'Ben');
  const key = await makeGroup(ana, ben);
  const writing = await ana.away();
  const group = await writing.group(key);
  const chat = await writing.chat(ben);
  const bens = await ben.device();

  const toAll = group.send(ana.tells(key, 'new_grp_msg', 'to all', at(0)));
  await group.expectSent(toAll, namedAt(0));
  await bens.inbox.expect(ben.hears(ana, key, toAll, 'new_msg'));
  const toBen = chat.send(ana.tells(ben.phone, 'new_msg', 'to Ben', at(0)));
  await chat.expectSent(toBen, at(0));
  await bens.inbox.expect(toBen);

  const texts = async (command) => (await bens.inbox.fetch(ben.phone, command)).flat().map(({ message }) => message);
  assert.deepEqual(await texts('fetch_grp_msgs'), ['to all']);
  assert.deepEqual(await texts('fetch_msgs'), ['to Ben']);
});
