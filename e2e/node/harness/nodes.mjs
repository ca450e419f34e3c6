// Two nodes on one PostgreSQL and one NATS in place of a single server: whoever connects comes to the other node than
// whoever connected before, as behind a load balancer without sticky sessions.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

import { Server } from './server.mjs';

const PATIENCE_MS = 20_000;

let started;

/** The address of a NATS that ends with this process. */
function bus() {
  started ??= startBus();
  return started;
}

async function startBus() {
  const free = createServer().listen(0, '127.0.0.1');
  await once(free, 'listening');
  const { port } = free.address();
  free.close();
  await once(free, 'close');
  const nats = spawn('nats-server', ['--addr', '127.0.0.1', '--port', String(port)], { stdio: 'ignore' });
  process.once('exit', () => nats.kill('SIGKILL'));
  const failed = once(nats, 'exit').then(([code]) => {
    throw new Error(`nats-server has ended with ${code}`);
  });
  // It also ends with this process, when nobody waits any more.
  failed.catch(() => {});
  await Promise.race([failed, answers(port)]);
  // The process may end while it runs.
  nats.unref();
  return `nats://127.0.0.1:${port}`;
}

/** Waits until somebody listens on a port. */
async function answers(port) {
  const until = Date.now() + PATIENCE_MS;
  for (;;) {
    const line = connect(port, '127.0.0.1');
    try {
      await once(line, 'connect');
      return;
    } catch (error) {
      if (Date.now() > until) throw new Error(`no nats-server in ${PATIENCE_MS} ms`, { cause: error });
      await pause(20);
    } finally {
      line.destroy();
    }
  }
}

/** What a story takes for one server. */
export class Nodes extends Server {
  /** Two nodes on new folders, not yet started. */
  static async prepare(settings) {
    const folder = () => mkdtemp(path.join(tmpdir(), 'hearken-e2e-'));
    const nodes = new Nodes(await folder(), settings);
    nodes.environment.HEARKEN_BUS_URL = await bus();
    nodes.second = new Server(await folder(), {}, nodes.environment);
    return nodes;
  }

  /** Where the next one connects. */
  get address() {
    this.isSecondsTurn = !this.isSecondsTurn;
    return this.isSecondsTurn ? this.second.address : this.ownAddress;
  }

  set address(address) {
    this.ownAddress = address;
  }

  async launch(listen) {
    await super.launch(listen);
    await this.second.launch('127.0.0.1:0');
  }

  async stop() {
    await super.stop();
    await this.second.stop();
  }

  log() {
    return `${super.log()}\n== the second node\n${this.second.log()}`;
  }
}
