// A real Chromium, and people who sit before it: each in a browser context of his own, as on a device of his own.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { chromium } from 'playwright-core';

// How long anything may take before the story fails. Nothing waits this long when all is well.
const PATIENCE_MS = 15_000;

const EXECUTABLE = process.env.CHROMIUM_BIN ?? '/usr/bin/chromium';
const PASSWORD = 'a password for the story';
const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

// Nothing but what the pages need: no services of the browser's maker, no sandbox in a container, no graphics card.
const ARGS = [
  '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync',
];

// A folder with the page's files, to try a change without building: what the server answers gets its text from there.
const FILES = process.env.HEARKEN_PAGE_FILES;
// A document that was put in comes from nowhere as far as the browser knows, and may then open no socket to this machine.
const ANYWHERE = '--disable-features=LocalNetworkAccessChecks,LocalNetworkAccessChecksWebSockets';

async function fromDisk(route) {
  const { pathname } = new URL(route.request().url());
  const name = /^\/chat\/assets\/([\w.]+)$/.exec(pathname)?.[1] ?? (route.request().resourceType() === 'document' ? 'page.html' : null);
  if (!name) return route.continue();
  const response = await route.fetch().catch(() => null);
  if (!response) return route.abort();
  return route.fulfill({ response, body: await readFile(path.join(FILES, name), 'utf8') });
}

let phones = 7_000_000_000;

/** A browser for one story (`t`), closed at its end. */
export async function openBrowser(t) {
  const browser = await chromium.launch({ executablePath: EXECUTABLE, args: FILES ? [...ARGS, ANYWHERE] : ARGS, timeout: 30_000 });
  t.after(() => browser.close());
  return browser;
}

/** Somebody with an account, a number and a password. */
export async function addPerson(server, name) {
  phones += 1;
  const phone = String(phones);
  const email = `${name.toLowerCase()}@example.org`;
  const account = await server.addAccount(phone, name, '--email', email, '--last-name', name);
  await server.commandWithInput(`${PASSWORD}\n`, 'account', 'set-password', account, '--password-stdin');
  return { name, phone, email, account };
}

/** A page of that server in a fresh context; what the browser complains about is kept in `complaints`. */
export async function openPage(browser, server, where, options = {}) {
  const context = await browser.newContext({ locale: 'en-GB', viewport: { width: 1000, height: 700 }, ...options });
  context.setDefaultTimeout(PATIENCE_MS);
  if (FILES) await context.route('**/chat/**', fromDisk).then(() => context.route('**/chat', fromDisk));
  const page = await context.newPage();
  page.complaints = [];
  page.on('pageerror', (error) => page.complaints.push(String(error)));
  page.on('console', (line) => {
    // A line that breaks and a refusal are told on the page, and by the browser besides.
    const expected = /Failed to load resource|WebSocket connection/.test(line.text());
    if (line.type() === 'error' && !expected) page.complaints.push(line.text());
  });
  await page.goto(`http://${server.address}${where}`);
  return page;
}

/** Signs in by password. */
export async function signIn(page, person) {
  await page.locator('#email').fill(person.email);
  await page.locator('#password').fill(PASSWORD);
  await page.locator('#by-mail button').click();
  await page.locator('#chats').waitFor();
  await page.locator('#line.on').waitFor();
}

/** Opens a chat with a number that there is none with yet. */
export async function startChat(page, other) {
  await page.locator('#new').click();
  await page.locator('#number').fill(other.phone);
  await page.locator('#start-form button').first().click();
  await page.locator('#talk').waitFor();
}

/** Writes and sends. */
export async function say(page, text) {
  await page.locator('#text').fill(text);
  await page.locator('#text').press('Enter');
}

/** The message with exactly this text, once it is there; there must be one of it. */
export async function message(page, text) {
  const found = page.locator('#messages li').filter({ has: page.locator(`p:text-is(${JSON.stringify(text)})`) });
  await found.first().waitFor();
  assert.equal(await found.count(), 1, `${text} is there more than once`);
  return found;
}

/** Waits until a message of one's own is in that state. */
export async function ticked(page, text, state) {
  const found = await message(page, text);
  await found.locator(`.mark.${state}`).waitFor();
}

/** The texts of all messages, in order. */
export const texts = (page) => page.locator('#messages li .bubble p').allTextContents();

/** What axe-core finds serious on the page as it is. */
export async function barriers(page) {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(await readFile(AXE, 'utf8'));
  const { violations } = await page.evaluate(() =>
    window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }),
  );
  return violations
    .filter(({ impact }) => impact !== 'minor')
    .map(({ id, impact, nodes }) => `${id} (${impact}): ${nodes.map((node) => `${node.html} ${node.failureSummary}`).join('\n')}`);
}

/** Whether anything sticks out to the side, so that one has to scroll two ways. */
export const isTooWide = (page) =>
  page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
