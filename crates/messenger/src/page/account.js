// Signing in, staying so, and leaving. The access token is in a cookie that scripts can't read; of the refresh token,
// which the page must send, it keeps no more than one copy: in the tab, or on the device if the person has said so.

const KEY = 'hearken.sign-in';
const LEAVING = 'hearken.leaving';
const channel = 'BroadcastChannel' in globalThis ? new BroadcastChannel(KEY) : null;
const tab = (() => {
  try {
    sessionStorage.getItem(KEY);
    return [sessionStorage, localStorage];
  } catch {
    return [];
  }
})();
let held = null;
let timer;

/** What went wrong with a request: `status` is 0 when the server was not reached. */
export class Failed extends Error {
  constructor(status, message = '', wait = 0) {
    super(message);
    Object.assign(this, { status, wait });
  }
}

async function ask(method, path, body) {
  let answer;
  try {
    answer = await fetch(path, {
      method,
      headers: body ? { 'content-type': 'application/json' } : {},
      body: body && JSON.stringify(body),
      signal: AbortSignal.timeout(20_000),
    });
  } catch {
    throw new Failed(0);
  }
  let said = {};
  try {
    said = await answer.json();
  } catch {
    if (answer.ok) throw new Failed(0);
  }
  if (answer.ok) return said;
  throw new Failed(answer.status, said.message ?? said.detail ?? '', Number(answer.headers.get('retry-after')) || 0);
}

/** Calls the server as the person who is signed in; tries once more with a fresh token when the old one has ended. */
export async function call(method, path, body) {
  try {
    return await ask(method, path, body);
  } catch (error) {
    if (error.status !== 401 || !(await refresh())) throw error;
    return ask(method, path, body);
  }
}

const read = () => {
  for (const place of tab) {
    const text = place.getItem(KEY);
    if (text) return JSON.parse(text);
  }
  return held;
};

function hold(signed, stay) {
  held = { token: signed.refresh_token, until: Date.now() + signed.expires_in * 1000, stay };
  for (const place of tab) place.removeItem(KEY);
  const [session, device] = tab;
  (stay ? device : session)?.setItem(KEY, JSON.stringify(held));
  plan();
}

function drop() {
  held = null;
  clearTimeout(timer);
  for (const place of tab) place.removeItem(KEY);
}

/** Well before the cookie ends; tabs that were opened from one another do it at different times. */
function plan() {
  const now = read();
  clearTimeout(timer);
  if (!now) return;
  const left = Math.max(now.until - Date.now(), 0);
  timer = setTimeout(() => refresh().catch(() => {}), Math.min(left * (0.6 + Math.random() * 0.2), 2 ** 31 - 1));
}

// A copied tab has a copy of the token; a refresh token is good once, so whoever uses it tells the others the next one.
channel?.addEventListener('message', ({ data }) => {
  const now = read();
  if (now && data.spent === now.token) hold({ refresh_token: data.token, expires_in: data.expires_in }, now.stay);
});

const alone = (work) => (navigator.locks ? navigator.locks.request(KEY, work) : work());
let refreshing = null;

/** Gets a new token. False when the sign-in has ended; throws when the server was not reached. */
export function refresh() {
  const before = read()?.token;
  refreshing ??= alone(async () => {
    const now = read();
    if (!now) return false;
    if (now.token !== before) return true;
    try {
      const { data } = await ask('POST', '/api/v1/auth/refresh', { refresh_token: now.token });
      if (!read()) return false; // He has left meanwhile.
      hold(data, now.stay);
      channel?.postMessage({ spent: now.token, token: data.refresh_token, expires_in: data.expires_in });
      return true;
    } catch (error) {
      if (error.status === 401 || error.status === 400) {
        drop();
        return false;
      }
      timer = setTimeout(() => refresh().catch(() => {}), 15_000);
      throw error;
    }
  }).finally(() => (refreshing = null));
  return refreshing;
}

/** Who is signed in, or nothing. */
export async function who() {
  try {
    const { data } = await call('GET', '/api/v1/me');
    plan();
    return data;
  } catch (error) {
    if (error.status === 401) return null;
    throw error;
  }
}

async function enter(path, body, stay) {
  const { data } = await ask('POST', path, body);
  tab[1]?.removeItem(LEAVING);
  hold(data, stay);
  return data.account;
}

export const byPassword = (email, password, stay) => enter('/api/v1/auth/login', { email, password }, stay);
export const byCode = (challenge, code, stay) => enter('/api/v1/auth/otp/verify', { challenge, code }, stay);
export const askCode = async (phone, last_name) =>
  (await ask('POST', '/api/v1/auth/otp/request', { phone, last_name })).data;

/** Whether the server has yet to hear that somebody has left: his cookie is still there. */
export const leftBehind = () => tab[1]?.getItem(LEAVING) === '1';

/** Ends the sign-in here, and at the server as soon as it can be reached. */
export async function leave() {
  const token = read()?.token;
  drop();
  tab[1]?.setItem(LEAVING, '1');
  try {
    await ask('POST', '/api/v1/auth/logout', token ? { refresh_token: token } : {});
  } catch (error) {
    if (error.status === 0 || error.status >= 500) return;
  }
  tab[1]?.removeItem(LEAVING);
}
