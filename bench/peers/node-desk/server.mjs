// The peer of the desk's benchmark: what a good Node programmer would write with socket.io and PostgreSQL for the
// seed's events, so that Hearken is measured beside something real. One process; where there was a choice, the
// cheaper one that is still honest was taken: a message is on disk before its ack, and nothing else is given up.

import { createServer } from 'node:http';
import { parseArgs } from 'node:util';
import { Server } from 'socket.io';

import { serve } from './desk.mjs';
import { readPeople } from './people.mjs';
import { openStore } from './store.mjs';

const { values } = parseArgs({
  options: {
    people: { type: 'string' },
    'database-url': { type: 'string' },
    port: { type: 'string', default: '0' },
  },
});
const people = readPeople(values.people);
const store = await openStore(values['database-url']);

const http = createServer((request, response) => response.writeHead(404).end());
const io = new Server(http, {
  serveClient: false,
  perMessageDeflate: false,
  maxHttpBufferSize: 64 * 1024,
  allowRequest: (request, answer) => {
    request.person = people.holderOf(request.headers.authorization);
    answer(request.person ? null : 'unauthorised', request.person !== undefined);
  },
});
// Who it is stays; the first request of each connection is not needed any more (socket.io's own advice on memory).
io.engine.on('connection', (connection) => {
  connection.person = connection.request.person;
  connection.request = null;
});
await serve(io, people, store);

http.listen(Number(values.port), '127.0.0.1', () => {
  console.log(`listening on http://127.0.0.1:${http.address().port}`);
});
const stop = () => {
  io.close(() => store.close().then(() => process.exit(0)));
};
process.once('SIGTERM', stop);
process.once('SIGINT', stop);
