// The sign-in form: e-mail and password, or a code by text message.

import { askCode, byCode, byPassword } from './account.js';
import { say } from './words.js';

const $ = (id) => document.getElementById(id);
let challenge = '';
let ticking = 0;

/** Says what went wrong, in plain words. */
export const plainly = ({ status, message, wait }) => {
  if (status === undefined) return say('trouble', message);
  if (status === 0 || status >= 500) return say('offline');
  if (status === 429) return say('slow', wait || 30);
  return status === 401 ? say('wrong') : say('trouble', message);
};

function show(step) {
  for (const form of ['by-mail', 'by-code', 'show-code']) $(form).hidden = form !== step;
  $('door-error').textContent = '';
}

/** Lets `work` run once for each time the form is sent; what fails is said, and the field of `focus` gets the focus. */
function onSubmit(form, focus, work) {
  $(form).addEventListener('submit', async (event) => {
    event.preventDefault();
    const button = event.target.querySelector('button');
    if (button.ariaDisabled === 'true') return;
    button.ariaDisabled = 'true';
    $('door-error').textContent = '';
    try {
      await work();
    } catch (error) {
      $('door-error').textContent = plainly(error);
      $(focus).focus();
    } finally {
      button.ariaDisabled = null;
    }
  });
}

/** For how long no other code can be asked for. */
function count(seconds) {
  clearInterval(ticking);
  const until = Date.now() + seconds * 1000;
  const tell = () => {
    const left = Math.ceil((until - Date.now()) / 1000);
    $('again').disabled = left > 0;
    $('again').textContent = left > 0 ? say('resend', left) : say('otherCode');
    if (left <= 0) clearInterval(ticking);
  };
  ticking = setInterval(tell, 1000);
  tell();
}

/** Wires the forms; `entered` is called with the account. */
export function openDoor(entered) {
  for (const way of document.querySelectorAll('input[name=way]')) {
    way.addEventListener('change', () => show(way.value === 'mail' ? 'by-mail' : 'by-code'));
  }
  const through = (account) => {
    for (const form of ['by-mail', 'by-code', 'show-code']) $(form).reset();
    show(document.querySelector('input[name=way]:checked').value === 'mail' ? 'by-mail' : 'by-code');
    entered(account);
  };
  onSubmit('by-mail', 'password', async () =>
    through(await byPassword($('email').value.trim(), $('password').value, $('stay').checked)),
  );
  onSubmit('by-code', 'phone', async () => {
    const asked = await askCode($('phone').value, $('last-name').value.trim());
    challenge = asked.challenge;
    show('show-code');
    count(asked.resend_after_s);
    $('code').focus();
  });
  onSubmit('show-code', 'code', async () =>
    through(await byCode(challenge, $('code').value.replace(/\D/g, ''), $('stay').checked)),
  );
  $('again').addEventListener('click', () => {
    show('by-code');
    $('phone').focus();
  });
}
