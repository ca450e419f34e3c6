// Ways in and out of the page: a code by text message, a sign-in that is prolonged, and leaving without a line.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { addPerson, message, openBrowser, openPage, say, signIn, startChat, ticked } from '../harness/browser.mjs';
import { Server } from '../../node/harness/server.mjs';

let server;
before(async () => (server = await Server.start()));
after(() => server?.stop());

/** The last code that the server, which has no provider of text messages, wrote into its log. */
async function lastCode(page) {
  for (;;) {
    const codes = server.said.filter((line) => line.includes('hearken::sms')).join('\n').match(/\b\d{6}\b/g);
    if (codes) return codes.at(-1);
    await page.evaluate(() => new Promise((go) => requestAnimationFrame(go)));
  }
}

test('people come in, stay, and leave', { timeout: 90_000 }, async (t) => {
  const browser = await openBrowser(t);
  const [gita, hadi] = [await addPerson(server, 'Gita'), await addPerson(server, 'Hadi')];
  const page = await openPage(browser, server, '/chat');

  await t.test('by a code', async () => {
    await page.locator('input[value=code]').check();
    await page.locator('#phone').fill(gita.phone.replace(/^(\d{4})/, '+$1-'));
    await page.locator('#last-name').fill('Gita');
    await page.locator('#by-code button').click();
    await page.locator('#code').waitFor();
    assert.equal(await page.evaluate(() => document.activeElement.id), 'code');
    assert.equal(await page.locator('#again').isDisabled(), true);
    const code = await lastCode(page);
    await page.locator('#code').fill(code === '000000' ? '000001' : '000000');
    await page.keyboard.press('Enter');
    await page.locator('#door-error:not(:empty)').waitFor();
    await page.locator('#code').fill(code);
    await page.keyboard.press('Enter');
    await page.locator('#line.on').waitFor();
    await page.locator('#mine').filter({ hasText: gita.phone.slice(0, 4) }).waitFor();
  });

  await t.test('a sign-in is prolonged when its cookie has ended', async () => {
    await page.context().clearCookies();
    await page.reload();
    await page.locator('#line.on').waitFor();
    assert.equal(await page.locator('#door').isVisible(), false);
    const [cookie] = await page.context().cookies();
    assert.equal(cookie.name, 'hearken_session');
    assert.equal(cookie.httpOnly, true);
  });

  await t.test('not in another tab, unless he stays signed in on the device', async () => {
    const kept = () => page.evaluate(() => Object.keys(localStorage).filter((key) => key.includes('sign-in')));
    assert.deepEqual(await kept(), []);
    await page.locator('#leave').click();
    await page.locator('#leaving-form button').first().click();
    await page.locator('#door').waitFor();
    await page.locator('input[value=mail]').check();
    await page.locator('#stay').check();
    await signIn(page, gita);
    assert.deepEqual(await kept(), ['hearken.sign-in']);
    await page.context().clearCookies();
    const second = await page.context().newPage();
    await second.goto(`http://${server.address}/chat`);
    await second.locator('#line.on').waitFor();
    await second.close();
  });

  await t.test('a message is taken back before anybody has it', async () => {
    await startChat(page, hadi);
    await say(page, 'to the wrong person');
    await ticked(page, 'to the wrong person', 'sent');
    await say(page, 'to Hadi');
    await ticked(page, 'to Hadi', 'sent');
    await (await message(page, 'to the wrong person')).getByRole('button', { name: 'Take back' }).click();
    await message(page, 'This message was taken back.');
    const his = await openPage(browser, server, `/chat/personal/${hadi.phone}/${gita.phone}/`, { locale: 'id-ID' });
    await signIn(his, hadi);
    await message(his, 'to Hadi');
    assert.equal(await his.locator('#messages li').count(), 1);
    assert.deepEqual(his.complaints, []);
    await his.context().close();
  });

  await t.test('an account that is shut out is shown the door', async () => {
    const his = await openPage(browser, server, '/chat');
    await signIn(his, hadi);
    await server.command('account', 'disable', hadi.account);
    await his.locator('#door-error:not(:empty)').waitFor();
    await his.context().close();
  });

  await t.test('whoever leaves without a line has left when it is back', async () => {
    const { address } = server;
    await server.end();
    await page.locator('#line.off').waitFor();
    await page.locator('#leave').click();
    await page.locator('#leaving-form button').first().click();
    await page.locator('#door').waitFor();
    await server.launch(address);
    await page.reload();
    await page.locator('#door').waitFor();
    assert.deepEqual(await page.context().cookies(), []);
  });

  assert.deepEqual(page.complaints, []);
});
