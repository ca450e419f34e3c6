// How an event is answered: `result` and `error_message`, in the order in which one client sent its events.

/** What a client did that is not allowed, in the words he is told. */
export class Refusal extends Error {}

/** Runs what it is given one after the other, whatever becomes of each. */
export function inOrder() {
  let last = Promise.resolve();
  return (task) => {
    last = last.then(task).catch((error) => console.error(error));
  };
}

/**
 * An event's listener: its handler stores what there is to store and returns how others are told; the ack goes out
 * first, so that nobody hears of what failed.
 */
export function answering(turn, handler) {
  return (...args) => {
    const ack = typeof args.at(-1) === 'function' ? args.pop() : () => {};
    turn(async () => {
      let tell;
      try {
        tell = await handler(args[0]);
      } catch (error) {
        if (!(error instanceof Refusal)) console.error(error);
        return ack(false, error instanceof Refusal ? error.message : 'Something went wrong.');
      }
      ack(true, null);
      tell();
    });
  };
}

/** What must be an object. */
export function object(data, field) {
  if (data === null || typeof data !== 'object' || Array.isArray(data)) {
    throw new Refusal(`Missing/Invalid field: ${field}`);
  }
  return data;
}

/** What must be a message's content: an object with something in it. */
export function content(data) {
  const good = data !== null && typeof data === 'object' && !Array.isArray(data) && Object.keys(data).length > 0;
  if (!good) throw new Refusal('Missing/Invalid data');
  return data;
}
