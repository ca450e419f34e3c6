// What this browser keeps of one person's chats (IndexedDB): messages, chats, and the outbox of what is still to be
// told to the server. Each person has a database of his own.

/** Opens the database of an account. */
export function openKeep(account) {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open(`hearken-chat-${account}`, 1);
    asked.onupgradeneeded = () => {
      const messages = asked.result.createObjectStore('messages', { keyPath: 'id' });
      messages.createIndex('order', ['chat', 'n']);
      messages.createIndex('fresh', 'fresh');
      asked.result.createObjectStore('chats', { keyPath: 'id' });
      asked.result.createObjectStore('outbox', { keyPath: 'n', autoIncrement: true }).createIndex('chat', 'chat');
    };
    asked.onsuccess = () => resolve(new Keep(asked.result, account));
    asked.onerror = () => reject(asked.error);
    asked.onblocked = () => reject(new Error('blocked'));
  });
}

/** A request of IndexedDB as a promise. */
export const done = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

class Keep {
  constructor(database, account) {
    this.database = database;
    this.account = account;
    // Another tab may want to remove it all.
    database.onversionchange = () => database.close();
    this.channel = 'BroadcastChannel' in globalThis ? new BroadcastChannel(`hearken-chat-${account}`) : null;
  }

  /** Runs `work` on the three stores as one transaction, and returns its result once that is on the disk. */
  async change(work) {
    const tx = this.database.transaction(['messages', 'chats', 'outbox'], 'readwrite', { durability: 'strict' });
    const kept = new Promise((resolve, reject) => {
      tx.oncomplete = resolve;
      tx.onabort = tx.onerror = () => reject(tx.error ?? new Error('nothing was kept'));
    });
    const stores = Object.fromEntries(['messages', 'chats', 'outbox'].map((name) => [name, tx.objectStore(name)]));
    // Should `work` fail, that is what is told, not the abort that it brings about.
    kept.catch(() => {});
    let result;
    try {
      result = await work(stores);
    } catch (error) {
      try {
        tx.abort();
      } catch {
        // It is over already.
      }
      throw error;
    }
    await kept;
    this.channel?.postMessage('changed');
    return result;
  }

  #store(name) {
    return this.database.transaction(name).objectStore(name);
  }

  chat(id) {
    return done(this.#store('chats').get(id));
  }

  /** All chats, those with the latest news first, each with the number of messages not seen. */
  async chats() {
    const chats = await done(this.#store('chats').getAll());
    const fresh = this.#store('messages').index('fresh');
    await Promise.all(chats.map(async (chat) => (chat.unread = await done(fresh.count(chat.id)))));
    return chats.sort((a, b) => (b.n ?? 0) - (a.n ?? 0));
  }

  /** The last `most` messages of a chat, oldest first, and whether there are more. */
  latest(chat, most) {
    return new Promise((resolve, reject) => {
      const range = IDBKeyRange.bound([chat, 0], [chat, Infinity]);
      const cursor = this.#store('messages').index('order').openCursor(range, 'prev');
      const found = [];
      cursor.onsuccess = () => {
        const at = cursor.result;
        if (!at || found.length === most) return resolve({ messages: found.reverse(), more: Boolean(at) });
        found.push(at.value);
        at.continue();
      };
      cursor.onerror = () => reject(cursor.error);
    });
  }

  /** What is to be told in a chat, in order. */
  owed(chat) {
    return done(this.#store('outbox').index('chat').getAll(chat));
  }

  /** The chats in which something is to be told. */
  async owing() {
    const all = await done(this.#store('outbox').getAll());
    return [...new Set(all.map((entry) => entry.chat))];
  }

  /** Whether messages wait to be sent. */
  async unsent() {
    return (await done(this.#store('outbox').getAll())).some((entry) => entry.id);
  }

  close() {
    this.channel?.close();
    this.database.close();
  }

  /** Removes everything. */
  forget() {
    this.close();
    return done(indexedDB.deleteDatabase(this.database.name)).catch(() => {});
  }
}
