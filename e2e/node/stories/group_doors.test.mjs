// Who may open a group's socket, and what it refuses without closing.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { at, gather, makeGroup, namedAt } from '../harness/people.mjs';
import { Server } from '../harness/server.mjs';
import { openWithWs } from '../harness/socket.mjs';

let server;
before(async () => (server = await Server.start()));
after(() => server?.stop());

test('only members with a token of their own', async (t) => {
  const [ana, ben, eve] = await gather(t, server, 'Ana', 'Ben', 'Eve');
  const key = await makeGroup(ana, ben);
  const mine = await ana.away();

  await assert.rejects(openWithWs(server.address, `/ws/chat/group/${ana.phone}/${key}/`), { status: 401 });
  await assert.rejects((await eve.away()).group(key), { status: 403 });
  await assert.rejects(mine.open(`/ws/chat/group/${ben.phone}/${key}/`), { status: 403 });
  await assert.rejects(mine.group('NOSUCHKEY0'), { status: 404 });
  // Without the last slash it is the same socket.
  const group = await mine.open(`/ws/chat/group/${ana.phone}/${key}`);
  await group.expectSent(group.send(ana.tells(key, 'new_grp_msg', 'ok', at(0))), namedAt(0));
});

test('what it refuses, it names, and stays open', async (t) => {
  const [ana, ben, eve] = await gather(t, server, 'Ana', 'Ben', 'Eve');
  const key = await makeGroup(ana, ben);
  const bens = await ben.device();
  const group = await (await ana.away()).group(key);

  const refused = [
    [ana.tells(key, 'new_msg', 'a personal command', at(0)), 'new_msg'],
    [ana.tells(key, 'fetch_grp_msgs', '--null--', at(0)), 'fetch_grp_msgs'],
    [ana.tells(key, 'new_grp_msg', '', at(0)), 'new_grp_msg'],
    [ana.tells(key, 'new_grp_msg', 'x'.repeat(4097), at(0)), 'new_grp_msg'],
    [ana.tells(key, 'new_grp_msg', 'ok', 'yesterday'), 'new_grp_msg'],
    [ana.tells(eve.phone, 'new_grp_msg', 'to no member', at(0)), 'new_grp_msg'],
    [eve.tells(key, 'new_grp_msg', 'in another name', at(0)), 'new_grp_msg'],
    [ana.tells(key, 'grp_msg_received', at(7), at(0)), 'grp_msg_received'],
    [ana.tells(key, 'delete_grp_msg', at(7), at(0)), 'delete_grp_msg'],
    [ana.tells(key, 'dance', 'ok', at(0)), 'dance'],
  ];
  for (const [frame, type] of refused) {
    group.send(frame);
    await group.expectError(type, frame.msg_from, frame.msg_to);
  }

  const said = group.send(ana.tells(key, 'new_grp_msg', 'still open', at(1)));
  await group.expectSent(said, namedAt(1));
  await bens.inbox.expect(ben.hears(ana, key, said, 'new_msg'));
});

test("only one's own message can be taken back", async (t) => {
  const [ana, ben] = await gather(t, server, 'Ana', 'Ben');
  const key = await makeGroup(ana, ben);
  const anas = await (await ana.away()).group(key);
  const bens = await (await ben.away()).group(key);
  await anas.expectSent(anas.send(ana.tells(key, 'new_grp_msg', 'mine', at(0))), namedAt(0));

  bens.send(ben.tells(key, 'delete_grp_msg', at(0), at(1)));
  assert.equal(await bens.expectError('delete_grp_msg', ben.phone, key), "couldn't find a message to delete");
});
