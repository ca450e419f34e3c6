// How the page looks and reads in both themes and languages, on a phone of 320 pixels and on a desk: axe-core finds
// nothing serious, nothing sticks out to the side, and everything can be done by keyboard. With HEARKEN_SHOTS set to a
// folder, what was seen is kept there as pictures.

import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { addPerson, barriers, isTooWide, message, openBrowser, openPage, say, signIn, startChat, ticked } from '../harness/browser.mjs';
import { Server } from '../../node/harness/server.mjs';

const SHOTS = process.env.HEARKEN_SHOTS;

let server;
before(async () => (server = await Server.start()));
after(() => server?.stop());

/** Looks at the page as it is. */
async function look(page, name) {
  if (SHOTS) await page.screenshot({ path: path.join(SHOTS, `${name}.png`) });
  assert.deepEqual(await barriers(page), [], name);
  assert.equal(await isTooWide(page), false, `${name} is too wide`);
}

test('the page can be read and used by everybody', async (t) => {
  const browser = await openBrowser(t);
  const people = [];
  for (const name of ['Citra', 'Dewi', 'Eko', 'Fajar']) people.push(await addPerson(server, name));
  const [citra, dewi] = people;
  const other = await openPage(browser, server, '/chat');
  await signIn(other, dewi);
  await startChat(other, citra);

  const views = [];
  for (const locale of ['en-GB', 'id-ID']) {
    for (const colorScheme of ['light', 'dark']) {
      for (const viewport of [{ width: 320, height: 640 }, { width: 1100, height: 720 }]) {
        views.push({ locale, colorScheme, viewport, reducedMotion: 'reduce' });
      }
    }
  }
  for (const view of views) {
    const name = `${view.locale}-${view.colorScheme}-${view.viewport.width}`;
    await t.test(name, async () => {
      await say(other, `Good morning! The walking group meets at ten today, by the old bridge. Will you come? (${name})`);
      await say(other, `${'an-address-with-no-place-where-a-line-could-be-broken'.repeat(3)}-${name}`);
      const page = await openPage(browser, server, '/chat', view);
      await page.locator('#door').waitFor();
      assert.equal(await page.locator('html').getAttribute('lang'), view.locale.slice(0, 2));
      await look(page, `${name}-door`);
      await page.locator('input[value=code]').check();
      await look(page, `${name}-code`);
      await page.locator('input[value=mail]').check();
      await signIn(page, citra);
      await startChat(page, dewi);
      await say(page, `Yes, gladly (${name}).`);
      await ticked(page, `Yes, gladly (${name}).`, 'read');
      await look(page, `${name}-talk`);
      // One is shown for three seconds, and sent every two at most: whoever looks late sees the next.
      await Promise.all([
        page.locator('#typing:not(:empty)').waitFor(),
        other.locator('#text').pressSequentially('hello there', { delay: 500 }),
      ]);
      await page.goBack();
      await page.locator('#list a').first().waitFor();
      await look(page, `${name}-list`);
      await page.locator('#new').click();
      await look(page, `${name}-new`);
      await page.keyboard.press('Escape');
      await page.locator('#leave').click();
      await look(page, `${name}-leave`);
      await page.keyboard.press('Escape');
      assert.deepEqual(page.complaints, []);
      await page.context().close();
    });
  }

  await t.test('everything by keyboard, and toasts', async () => {
    const page = await openPage(browser, server, '/chat', { colorScheme: 'dark' });
    const [, , eko, fajar] = people;
    // The form appears once the page knows that nobody is signed in; until then it takes no focus.
    await page.locator('#email').waitFor();
    await page.locator('#email').focus();
    await page.keyboard.type(eko.email);
    await page.keyboard.press('Tab');
    await page.keyboard.type('wrong');
    await page.keyboard.press('Enter');
    await page.locator('#door-error:not(:empty)').waitFor();
    assert.equal(await page.evaluate(() => document.activeElement.id), 'password');
    await look(page, 'wrong-password');
    await page.keyboard.press('Control+A');
    await page.keyboard.type('a password for the story');
    await page.keyboard.press('Enter');
    await page.locator('#line.on').waitFor();
    assert.equal(await page.evaluate(() => document.activeElement.id), 'chats-title');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    for (const [number, told] of [['123', true], ['7999999999', true], [eko.phone, true], [fajar.phone, false]]) {
      await page.keyboard.press('Control+A');
      await page.keyboard.type(number);
      await page.keyboard.press('Enter');
      if (told) {
        await page.locator('#start-error:not(:empty)').waitFor();
        assert.equal(await page.evaluate(() => document.activeElement.id), 'number', number);
      }
      if (number === '7999999999') await look(page, 'stranger');
    }
    await page.locator('#text:focus').waitFor();
    await page.keyboard.type('All by keyboard');
    await page.keyboard.press('Enter');
    await ticked(page, 'All by keyboard', 'sent');
    await look(page, 'sent');
    await page.keyboard.press('Escape');
    await page.locator('#talk').waitFor({ state: 'hidden' });

    // Somebody begins a chat: a toast says so.
    await startChat(other, eko);
    await page.locator('.toast').waitFor();
    await look(page, 'toast');
    await page.locator('#language').selectOption('id');
    await page.locator('#new:text-is("Obrolan baru")').waitFor();
    await page.reload();
    await page.locator('#new:text-is("Obrolan baru")').waitFor();
    await page.context().close();
  });

  await t.test('a line that is down is told, on a phone too', async () => {
    const page = await openPage(browser, server, '/chat', { viewport: { width: 320, height: 640 } });
    await signIn(page, citra);
    await page.context().setOffline(true);
    const { address } = server;
    await server.end();
    await page.locator('#line.off').waitFor();
    await look(page, 'line-off-list');
    await startOffline(page, dewi);
    await look(page, 'line-off-talk');
    await server.launch(address);
    await page.context().setOffline(false);
    await page.locator('#line.on').waitFor();
    await ticked(page, 'Later, then', 'sent');
    await message(page, 'Later, then');
    await page.context().close();
  });
});

/** Opens the chat that is in the list, and writes in it. */
async function startOffline(page, dewi) {
  await page.locator(`#list a[href*="${dewi.phone}"]`).click();
  await say(page, 'Later, then');
  await ticked(page, 'Later, then', 'queued');
}
