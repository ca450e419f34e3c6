// A PostgreSQL database in place of the store in a data folder, where this run of the stories is on PostgreSQL.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';

let made = 0;

/** The settings that name a new database for the server on a data folder; none where its store is in the folder. */
export function databaseOf() {
  const store = process.env.HEARKEN_TEST_STORE ?? '';
  if (store === '' || store === 'sqlite') return {};
  assert.equal(store, 'postgres', 'HEARKEN_TEST_STORE is sqlite or postgres');
  const address = process.env.HEARKEN_TEST_POSTGRES;
  assert.ok(address, 'HEARKEN_TEST_POSTGRES names no PostgreSQL: the bin throwaway-postgres runs a command with one');
  made += 1;
  const name = `node_${process.pid}_${made}`;
  ask(address, `create database ${name} strategy file_copy`);
  process.once('exit', () => ask(address, `drop database ${name} with (force)`));
  return { HEARKEN_DATABASE_URL: `${address.slice(0, address.lastIndexOf('/'))}/${name}` };
}

/** Has psql carry out a statement. */
function ask(address, statement) {
  execFileSync('psql', ['--no-psqlrc', '--quiet', '--dbname', address, '--command', statement]);
}
