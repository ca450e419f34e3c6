// A group before two browsers: its name, who says what, and ticks that count.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { addPerson, message, openBrowser, openPage, say, signIn, ticked } from '../harness/browser.mjs';
import { Server } from '../../node/harness/server.mjs';

let server;
before(async () => (server = await Server.start()));
after(() => server?.stop());

const group = async (method, person, body) => {
  const answer = await server.http(method, '/chat/special/group', await server.token(person.account), body);
  assert.ok(answer.status < 300, JSON.stringify(answer));
  return answer.body.group?.key;
};

test('a group talks', { timeout: 90_000 }, async (t) => {
  const browser = await openBrowser(t);
  const people = [];
  for (const name of ['Indah', 'Joko', 'Kartika']) people.push(await addPerson(server, name));
  const [indah, joko, kartika] = people;
  const hers = await openPage(browser, server, '/chat');
  await signIn(hers, indah);
  const phones = people.map(({ phone }) => phone);
  const key = await group('POST', joko, { name: 'Walking <i>group</i>', bio: '', admin: [], participants: phones });
  const her = `#list a[href$="/chat/group/${indah.phone}/${key}"]`;

  await t.test('it is told, listed and opened', async () => {
    await hers.locator('.toast', { hasText: 'Walking <i>group</i>' }).waitFor();
    await hers.locator(her).click();
    await hers.locator('#about', { hasText: '3 people' }).waitFor();
    await say(hers, 'Who comes on Sunday?');
    await ticked(hers, 'Who comes on Sunday?', 'sent');
  });

  await t.test('an address that leads nowhere says so, and leaves nothing in the list', async () => {
    const listed = await hers.locator('#list li').count();
    for (const [kind, to, said] of [['group', 'ZZZZZZZZZZ', 'not in this group'], ['personal', '7999999999', 'Nobody has']]) {
      await hers.goto(`http://${server.address}/chat/${kind}/${indah.phone}/${to}/`);
      await hers.locator('#about', { hasText: said }).waitFor();
      assert.equal(await hers.locator('#write').isVisible(), false);
      assert.equal(await hers.locator('#list li').count(), listed);
    }
    await hers.goto(`http://${server.address}/chat/personal/7000000999/${joko.phone}/`);
    await hers.locator('.toast', { hasText: 'another number' }).waitFor();
    await hers.locator(her).click();
    await message(hers, 'Who comes on Sunday?');
  });

  await t.test('ticks count who has it', async () => {
    const his = await openPage(browser, server, `/chat/group/${joko.phone}/${key}`);
    await signIn(his, joko);
    await message(his, 'Who comes on Sunday?');
    await his.locator('.author', { hasText: indah.phone.slice(0, 4) }).waitFor();
    await hers.getByText('Read by 1 of 2').waitFor();
    await say(his, 'I do');
    await message(hers, 'I do');
    const third = await openPage(browser, server, '/chat');
    await signIn(third, kartika);
    await third.locator('.badge', { hasText: '2 new' }).waitFor();
    await ticked(hers, 'Who comes on Sunday?', 'received');
    await third.locator('#list a').click();
    await ticked(hers, 'Who comes on Sunday?', 'read');
    await ticked(his, 'I do', 'read');
    await his.locator('#text').pressSequentially('x');
    await hers.locator('#typing:not(:empty)').waitFor();
    for (const page of [his, third]) {
      assert.deepEqual(page.complaints, []);
      await page.context().close();
    }
  });

  await t.test('whoever is removed reads on and cannot write', async () => {
    await group('PUT', joko, { command: 'remove', key, msg_from: joko.phone, msg_to: indah.phone });
    await hers.locator('#about', { hasText: 'not in this group' }).waitFor();
    assert.equal(await hers.locator('#write').isVisible(), false);
    await message(hers, 'I do');
  });

  assert.deepEqual(hers.complaints, []);
});
