// Two people before two browsers: signing in, chatting both ways with ticks, and a server that goes away and comes back.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { addPerson, message, openBrowser, openPage, say, signIn, startChat, texts, ticked } from '../harness/browser.mjs';
import { Server } from '../../node/harness/server.mjs';

let server;
before(async () => (server = await Server.start()));
after(() => server?.stop());

test('two people chat, lose the line, and find everything once', async (t) => {
  const browser = await openBrowser(t);
  const [ana, budi] = [await addPerson(server, 'Ana'), await addPerson(server, 'Budi')];
  const hers = await openPage(browser, server, '/chat');
  const his = await openPage(browser, server, `/chat/personal/${budi.phone}/${ana.phone}/`);
  await signIn(hers, ana);
  await signIn(his, budi);

  await t.test('the address opened his chat, she starts hers by number', async () => {
    await his.locator('#write').waitFor();
    await startChat(hers, budi);
    assert.equal(new URL(hers.url()).pathname, `/chat/personal/${ana.phone}/${budi.phone}/`);
    assert.equal(await hers.evaluate(() => document.activeElement.id), 'text');
  });

  await t.test('a message is received and read', async () => {
    await say(hers, 'Good morning <b>Budi</b> & co.');
    await message(his, 'Good morning <b>Budi</b> & co.');
    await ticked(hers, 'Good morning <b>Budi</b> & co.', 'read');
    await say(his, 'Good morning!');
    await ticked(his, 'Good morning!', 'read');
  });

  await t.test('typing is shown, and ends', async () => {
    await his.locator('#text').pressSequentially('hm');
    await hers.locator('#typing:not(:empty)').waitFor();
    await hers.locator('#typing:empty').waitFor({ state: 'attached' });
    await his.locator('#text').fill('');
  });

  await t.test('what is not looked at is received, counted, and not read', async () => {
    await his.setViewportSize({ width: 360, height: 640 });
    await his.locator('#back').click();
    await say(hers, 'Are you there?');
    await ticked(hers, 'Are you there?', 'received');
    await his.locator('#list .badge').waitFor();
    assert.match(await his.title(), /^\(1\)/);
    await his.locator('#list a').click();
    await ticked(hers, 'Are you there?', 'read');
    await his.setViewportSize({ width: 1000, height: 700 });
  });

  await t.test('what is written without a line is sent once, also by a page that was loaded again', async () => {
    const { address } = server;
    await server.end();
    await hers.locator('#line.off').waitFor();
    for (const number of [1, 2, 3]) await say(hers, `queued ${number}`);
    await ticked(hers, 'queued 3', 'queued');
    await server.launch(address);
    await hers.reload();
    await hers.locator('#line.on').waitFor();
    await ticked(hers, 'queued 3', 'read');
    const queued = ['queued 1', 'queued 2', 'queued 3'];
    for (const page of [hers, his]) {
      assert.deepEqual((await texts(page)).slice(-3), queued);
      assert.equal((await texts(page)).filter((text) => text.startsWith('queued')).length, 3);
    }
    await his.reload();
    await message(his, 'queued 3');
    assert.equal((await texts(his)).length, 6);
  });

  await t.test('whoever signs out sees nothing, and finds his messages when he is back', async () => {
    await his.locator('#leave').click();
    await his.locator('#leaving-form button').first().click();
    await his.locator('#door').waitFor();
    assert.equal(await his.locator('#messages li').count(), 0);
    while ((await his.context().cookies()).length > 0) await his.evaluate(() => null);
    await say(hers, 'for later');
    await ticked(hers, 'for later', 'sent');
    await signIn(his, budi);
    await his.locator('#list a').click();
    await message(his, 'for later');
    await message(his, 'Good morning!');
    await ticked(hers, 'for later', 'read');
  });

  await t.test('he takes everything with him', async () => {
    await his.locator('#leave').click();
    await his.locator('#forget').check();
    await his.locator('#leaving-form button').first().click();
    await his.locator('#door').waitFor();
    const names = await his.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name));
    assert.deepEqual(names, []);
  });

  assert.deepEqual(hers.complaints, []);
  assert.deepEqual(his.complaints, []);
});
