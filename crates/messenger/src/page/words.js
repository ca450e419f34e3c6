// What the page says, in English and Indonesian: plain words for people who are tired.

const WORDS = {
  en: {
    skip: 'Skip to the conversation', language: 'Language', signIn: 'Sign in', signOut: 'Sign out',
    how: 'How do you want to sign in?', byMail: 'With e-mail and password', byCode: 'With a code by text message',
    email: 'E-mail', password: 'Password', yourNumber: 'Your phone number', lastName: 'Your last name',
    sendCode: 'Send me a code', codeSent: 'If we know this number and name, a code is on its way.',
    code: 'The six digits of the code', otherCode: 'Ask for another code', stay: 'Stay signed in on this device',
    chats: 'Chats', newChat: 'New chat', noChats: 'No chats yet. Start one with “New chat”.', back: 'Back',
    earlier: 'Show earlier messages', message: 'Message', send: 'Send', choose: 'Choose a chat.',
    theirNumber: 'Phone number of the other person', label: 'Name (kept on this device only; not needed)',
    start: 'Start', cancel: 'Cancel', forget: 'Also remove my messages from this device. They are kept nowhere else.',
    unsent: 'Some messages have not been sent yet. They stay on this device until you sign in again.',
    yourLine: 'Your number: {0}', you: 'You', today: 'Today', yesterday: 'Yesterday', close: 'Close', takeBack: 'Take back',
    takenBack: 'This message was taken back.', unread: '{0} new', group: 'Group', people: '{0} people',
    notIn: 'You are not in this group any more.', strange: 'Nobody has this number.', writing: 'is writing…',
    whoWrites: '{0} is writing…', tick_queued: 'Waiting', tick_sent: 'Sent', tick_received: 'Received', tick_read: 'Read',
    tick_expired: 'Not delivered', tick_refused: 'Not sent', gotBy: 'Received by {0} of {1}', readBy: 'Read by {0} of {1}',
    line_on: 'Connected', line_trying: 'Connecting…',
    line_off: 'No connection. You can go on writing: messages wait here and are sent once, by themselves.',
    wrong: 'That did not match. Please check it and try again.', slow: 'Too many tries. Please wait {0} seconds.',
    offline: 'The server can’t be reached. Please try again in a moment.', trouble: 'That did not work: {0}',
    badNumber: 'A phone number has 10 to 15 digits.', self: 'This is your own number.',
    noPhone: 'Your account has no phone number, and the messenger needs one. Please ask whoever keeps the accounts.',
    ended: 'You have been signed out. Please sign in again.', otherPerson: 'That address belongs to another number.',
    noKeep: 'This browser keeps nothing (a private window, perhaps). Messages can’t be received safely here.',
    tooLate: 'Too late: this message has been received already.', resend: 'Another code in {0} s',
    expired: 'A message to {0} was not delivered in time.', refused: 'A message to {0} was not sent: {1}',
    personal_create: '{0} has started a chat with you.', personal_delete: '{0} has deleted the chat.',
    group_create: 'You are in a new group: {1}.', group_add: '{2} is now in {1}.', group_remove: '{2} was removed from {1}.',
    group_promote: '{2} is now an admin of {1}.', group_rename: 'The group {1} has a new name or text.',
    group_leave: '{0} has left {1}.', room_create: 'You are in a room with somebody.',
    room_grade: 'The other would like to go on with names.', room_replace: 'You both said yes: this is a chat with names now.',
    room_delete: 'The room has ended.', room_deactivate: 'The room has ended.',
    room: 'Room without names', meet: 'Or meet somebody without names', meeting: 'Waiting for somebody. You will be told.',
    stopMeeting: 'Stop waiting', voteYes: 'Go on with names', voteNo: 'End', part: 'End, and never again',
    voted: 'You said yes. Waiting for the other.', roomOver: 'This room has ended.', other: 'The other',
  },
  id: {
    skip: 'Langsung ke percakapan', language: 'Bahasa', signIn: 'Masuk', signOut: 'Keluar',
    how: 'Bagaimana Anda ingin masuk?', byMail: 'Dengan email dan kata sandi', byCode: 'Dengan kode lewat SMS',
    email: 'Email', password: 'Kata sandi', yourNumber: 'Nomor telepon Anda', lastName: 'Nama belakang Anda',
    sendCode: 'Kirim kode', codeSent: 'Jika nomor dan nama ini kami kenal, kode sedang dikirim.',
    code: 'Enam angka kode', otherCode: 'Minta kode lain', stay: 'Tetap masuk di perangkat ini',
    chats: 'Obrolan', newChat: 'Obrolan baru', noChats: 'Belum ada obrolan. Mulai dengan “Obrolan baru”.', back: 'Kembali',
    earlier: 'Tampilkan pesan sebelumnya', message: 'Pesan', send: 'Kirim', choose: 'Pilih obrolan.',
    theirNumber: 'Nomor telepon orang lain', label: 'Nama (hanya disimpan di perangkat ini; boleh kosong)',
    start: 'Mulai', cancel: 'Batal', forget: 'Hapus juga pesan saya dari perangkat ini. Pesan tidak disimpan di tempat lain.',
    unsent: 'Ada pesan yang belum terkirim. Pesan itu tetap di perangkat ini sampai Anda masuk lagi.',
    yourLine: 'Nomor Anda: {0}', you: 'Anda', today: 'Hari ini', yesterday: 'Kemarin', close: 'Tutup', takeBack: 'Tarik kembali',
    takenBack: 'Pesan ini ditarik kembali.', unread: '{0} baru', group: 'Grup', people: '{0} orang',
    notIn: 'Anda tidak lagi di grup ini.', strange: 'Tidak ada yang memiliki nomor ini.', writing: 'sedang menulis…',
    whoWrites: '{0} sedang menulis…', tick_queued: 'Menunggu', tick_sent: 'Terkirim', tick_received: 'Diterima', tick_read: 'Dibaca',
    tick_expired: 'Tidak sampai', tick_refused: 'Tidak terkirim', gotBy: 'Diterima {0} dari {1}', readBy: 'Dibaca {0} dari {1}',
    line_on: 'Terhubung', line_trying: 'Menghubungkan…',
    line_off: 'Tidak ada koneksi. Silakan terus menulis: pesan menunggu di sini dan dikirim sekali, dengan sendirinya.',
    wrong: 'Tidak cocok. Silakan periksa dan coba lagi.', slow: 'Terlalu banyak percobaan. Tunggu {0} detik.',
    offline: 'Server tidak dapat dihubungi. Coba lagi sebentar lagi.', trouble: 'Tidak berhasil: {0}',
    badNumber: 'Nomor telepon terdiri dari 10 sampai 15 angka.', self: 'Ini nomor Anda sendiri.',
    noPhone: 'Akun Anda tidak memiliki nomor telepon, padahal diperlukan di sini. Silakan hubungi pengelola akun.',
    ended: 'Anda telah keluar. Silakan masuk lagi.', otherPerson: 'Alamat itu milik nomor lain.',
    noKeep: 'Peramban ini tidak menyimpan apa pun (mungkin jendela privat). Pesan tidak dapat diterima dengan aman di sini.',
    tooLate: 'Terlambat: pesan ini sudah diterima.', resend: 'Kode lain dalam {0} dtk',
    expired: 'Pesan untuk {0} tidak sampai pada waktunya.', refused: 'Pesan untuk {0} tidak terkirim: {1}',
    personal_create: '{0} memulai obrolan dengan Anda.', personal_delete: '{0} menghapus obrolan.',
    group_create: 'Anda masuk grup baru: {1}.', group_add: '{2} sekarang di {1}.', group_remove: '{2} dikeluarkan dari {1}.',
    group_promote: '{2} sekarang admin {1}.', group_rename: 'Grup {1} memiliki nama atau keterangan baru.',
    group_leave: '{0} keluar dari {1}.', room_create: 'Anda di ruang bersama seseorang.',
    room_grade: 'Orang lain ingin melanjutkan dengan nama.', room_replace: 'Anda berdua setuju: sekarang obrolan dengan nama.',
    room_delete: 'Ruang telah berakhir.', room_deactivate: 'Ruang telah berakhir.',
    room: 'Ruang tanpa nama', meet: 'Atau temui seseorang tanpa nama', meeting: 'Menunggu seseorang. Anda akan diberi tahu.',
    stopMeeting: 'Berhenti menunggu', voteYes: 'Lanjut dengan nama', voteNo: 'Akhiri', part: 'Akhiri, jangan lagi',
    voted: 'Anda setuju. Menunggu yang lain.', roomOver: 'Ruang ini telah berakhir.', other: 'Orang lain',
  },
};

const KEY = 'hearken.language';

/** The language in use: the one chosen, else the browser's, else English. */
export let language = 'en';
try {
  language = localStorage.getItem(KEY) ?? '';
} catch {
  language = '';
}
if (!WORDS[language]) language = /^(id|in)\b/i.test(navigator.language) ? 'id' : 'en';

/** A text, with `{0}`, `{1}` … filled in. */
export const say = (word, ...parts) => (WORDS[language][word] ?? word).replace(/\{(\d)\}/g, (_, n) => parts[n] ?? '');

/** Whether there is such a text. */
export const knows = (word) => word in WORDS.en;

/** Writes the texts of the document's own elements. */
export function translate() {
  document.documentElement.lang = language;
  for (const element of document.querySelectorAll('[data-word]')) element.textContent = say(element.dataset.word);
}

/** Changes the language and remembers it. */
export function speak(chosen) {
  language = chosen;
  try {
    localStorage.setItem(KEY, chosen);
  } catch {
    // Then it holds for this page only.
  }
  translate();
}
