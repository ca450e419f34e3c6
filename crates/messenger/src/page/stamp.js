// Times as the messenger writes them: the name of a message among those of its author, so each of ours is another one.

const FORM = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:?\d\d)?$/i;

let last = 0;
// How far the server's clock is ahead of ours: marks are compared with the server's times.
let ahead = 0;

/** The one way to write a moment, to the microsecond in UTC, however it was written; null if it is none. */
export function moment(text) {
  const [, day, time, part = '', zone = 'Z'] = FORM.exec(text) ?? [];
  if (!day) return null;
  const whole = new Date(`${day}T${time}${zone.toUpperCase()}`);
  return Number.isNaN(whole.getTime()) ? null : `${whole.toISOString().slice(0, 19)}.${part.slice(0, 6).padEnd(6, '0')}Z`;
}

/** Learns the server's clock from a time that it has just made. */
export function learn(serverTime) {
  const at = moment(serverTime);
  if (at) ahead = Date.parse(`${at.slice(0, 23)}Z`) - Date.now();
}

/** Now, as the server's clock has it; never the same twice. The last digits keep two tabs from one another's names. */
export function stamp() {
  const now = (Date.now() + ahead) * 1000 + Math.floor(Math.random() * 1000);
  last = Math.max(now, last + 1);
  const text = new Date(Math.floor(last / 1000)).toISOString();
  return `${text.slice(0, 10)} ${text.slice(11, 23)}${String(last % 1000).padStart(3, '0')}`;
}
