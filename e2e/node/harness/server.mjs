// A built `hearken` in a process of its own, on a free port and a throw-away data folder.

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { databaseOf } from './database.mjs';

// How long a start, a stop or a command may take before the story fails; all are far quicker on a quiet machine.
const PATIENCE_MS = 20_000;

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const BUILT = path.join(process.env.CARGO_TARGET_DIR ?? path.join(ROOT, 'target'), 'debug', 'hearken');

/** The server to drive: HEARKEN_BIN, else the debug build. */
const BINARY = path.resolve(process.env.HEARKEN_BIN ?? BUILT);

const run = promisify(execFile);

/**
 * The caller's environment without any setting of Hearken in it, and what the stories need: some send far faster than
 * a person types.
 */
function environment() {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('HEARKEN_'));
  return { ...Object.fromEntries(inherited), HEARKEN_MESSENGER__RATE: '10000' };
}

/** One data folder and the process that serves it. */
export class Server {
  /**
   * @param {string} data the folder
   * @param {Record<string, string>} settings by their environment names
   */
  constructor(data, settings = {}) {
    this.data = data;
    this.environment = { ...environment(), ...databaseOf(), ...settings };
    // The last lines of what the process said, for the report of a failure.
    this.said = [];
    this.address = '';
  }

  /** Starts the process on a new folder and waits for the line that names its address. */
  static async start(settings) {
    const server = new Server(await mkdtemp(path.join(tmpdir(), 'hearken-e2e-')), settings);
    await server.launch('127.0.0.1:0');
    return server;
  }

  /** Starts a process on the folder, which listens there, and waits for the line that names its address. */
  async launch(listen) {
    this.process = spawn(BINARY, ['serve', '--listen', listen, '--data', this.data], {
      env: this.environment,
      // Not in the caller's folder, which may hold a hearken.toml.
      cwd: this.data,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.gone = once(this.process, 'exit');
    const lines = createInterface({ input: this.process.stdout });
    const first = once(lines, 'line', { signal: AbortSignal.timeout(PATIENCE_MS) });
    for (const stream of [lines, createInterface({ input: this.process.stderr })]) {
      stream.on('line', (line) => this.#keep(line));
    }
    const [line] = await Promise.race([
      first,
      this.gone.then(([code]) => assert.fail(`the server ended with ${code}\n${this.log()}`)),
    ]);
    const prefix = 'listening on http://';
    assert.ok(line.startsWith(prefix), `the first line is ${line}`);
    this.address = line.slice(prefix.length);
  }

  #keep(line) {
    this.said.push(line);
    if (this.said.length > 200) this.said.shift();
  }

  /** Asks the server to end, which it must do cleanly, and removes its folder. */
  async stop() {
    await this.end();
    await rm(this.data, { recursive: true });
  }

  /** Asks the server to end, which it must do cleanly. Its folder stays, for another `launch`. */
  async end() {
    assert.equal(this.process.exitCode, null, `the server is gone\n${this.log()}`);
    this.process.kill('SIGTERM');
    const deadline = setTimeout(() => this.process.kill('SIGKILL'), PATIENCE_MS);
    const [code, signal] = await this.gone;
    clearTimeout(deadline);
    assert.equal(code, 0, `the server ended with ${code ?? signal}\n${this.log()}`);
  }

  /** What a command of the same binary on the same data folder prints. */
  async command(...args) {
    const options = { env: this.environment, cwd: this.data, timeout: PATIENCE_MS };
    const { stdout } = await run(BINARY, [...args, '--data', this.data], options);
    return stdout;
  }

  /** The same for a command that reads its standard input. */
  async commandWithInput(input, ...args) {
    const options = { env: this.environment, cwd: this.data, timeout: PATIENCE_MS };
    const running = run(BINARY, [...args, '--data', this.data], options);
    running.child.stdin.end(input);
    return (await running).stdout;
  }

  /** Makes a participant and returns the account's id. */
  async addAccount(phone, name, ...more) {
    const who = ['--role', 'participant', '--phone', phone, '--name', name, ...more];
    const printed = await this.command('account', 'add', ...who);
    return JSON.parse(printed).id;
  }

  /** A fresh access token: a sign-in of its own. */
  async token(account) {
    return (await this.command('token', account)).trim();
  }

  /** Calls the HTTP side with a JSON body, as the holder of `token`. */
  async http(method, where, token, body) {
    const answer = await fetch(`http://${this.address}${where}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    const text = await answer.text();
    return { status: answer.status, body: text ? JSON.parse(text) : null };
  }

  /** The last lines the server printed. */
  log() {
    return this.said.join('\n');
  }
}
