// A room before two browsers: waiting, meeting, talking without names, and going on with them.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { addPerson, barriers, message, openBrowser, openPage, say, signIn, ticked } from '../harness/browser.mjs';
import { Server } from '../../node/harness/server.mjs';

let server;
before(async () => (server = await Server.start()));
after(() => server?.stop());

test('two people meet without names', { timeout: 90_000 }, async (t) => {
  const browser = await openBrowser(t);
  const [lina, made] = [await addPerson(server, 'Lina'), await addPerson(server, 'Made')];
  const hers = await openPage(browser, server, '/chat/room/blue');
  const his = await openPage(browser, server, '/chat');
  await signIn(hers, lina);
  await signIn(his, made);

  await hers.locator('#room-bar').getByRole('button', { name: 'meet somebody' }).click();
  await hers.getByText('Waiting for somebody').waitFor();
  await his.locator('#new').click();
  await his.locator('#meet').click();
  await his.locator('#write').waitFor();
  await hers.locator('#write').waitFor();
  await say(his, 'Hello, whoever you are');
  await message(hers, 'Hello, whoever you are');
  await ticked(his, 'Hello, whoever you are', 'read');
  assert.deepEqual(await barriers(hers), []);
  // Nothing on the page says who it is.
  assert.ok(!(await hers.content()).includes(made.phone));
  assert.equal(await hers.locator('#list a[href*="/personal/"]').count(), 0);

  await hers.getByRole('button', { name: 'Go on with names' }).click();
  await hers.getByText('You said yes').waitFor();
  await his.locator('.toast', { hasText: 'go on with names' }).waitFor();
  await his.getByRole('button', { name: 'Go on with names' }).click();
  await his.locator('#about', { hasText: 'This room has ended' }).waitFor();
  await hers.locator(`#list a[href*="${made.phone}"]`).click();
  await say(hers, 'So it is you');
  await his.locator(`#list a[href*="${lina.phone}"]`).click();
  await message(his, 'So it is you');

  assert.deepEqual(hers.complaints, []);
  assert.deepEqual(his.complaints, []);
});
