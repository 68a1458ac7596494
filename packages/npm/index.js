// Starts the emulator from a test, and calls its controls.
'use strict';

const { spawn } = require('node:child_process');
const { binaryPath } = require('./lib/binary.js');

/** The emulators that this process started. They end with it. */
const running = new Set();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

class EmulatorError extends Error {
  /** @param {string} message @param {number} [status] */
  constructor(message, status) {
    super(message);
    this.name = 'EmulatorError';
    this.status = status;
  }
}

/** The first account of workers: accounts that differ in their last digits have keys of their own. */
const FIRST_ACCOUNT = 100000000000;

/** The account of a worker: 12 digits, or the worker's number. */
function accountOf(worker) {
  if (/^\d{12}$/.test(String(worker))) return String(worker);
  const number = Number(worker);
  if (!Number.isInteger(number) || number < 0 || number > 127) {
    throw new EmulatorError(`A worker is a number from 0 to 127 or an account of 12 digits, not ${worker}.`);
  }
  return String(FIRST_ACCOUNT + number);
}

class Emulator {
  #account;
  #child;

  constructor({ endpoint, region, account, child }) {
    this.endpoint = endpoint;
    this.region = region;
    this.#account = account;
    this.#child = child;
    this.pools = [];
    const call = (...all) => this.#call(...all);
    this.outbox = {
      list: async (filter = {}) => (await call('GET', 'outbox', filter)).messages,
      wait: async (filter = {}) => (await call('GET', 'outbox/wait', { after: 0, timeout: 10, ...filter })).message,
      code: async (recipient, filter = {}) => {
        const [latest] = await this.outbox.list({ ...filter, recipient });
        return (latest ?? await this.outbox.wait({ ...filter, recipient })).code;
      },
      clear: () => call('DELETE', 'outbox'),
    };
    this.clock = {
      now: async () => (await call('GET', 'clock')).now,
      advance: (seconds, { tokenClock } = {}) =>
        call('POST', 'clock', {}, { advance_seconds: seconds, token_clock: tokenClock }),
      tokens: ({ clock, ageSeconds } = {}) =>
        call('POST', 'clock', {}, { token_clock: clock, token_age_seconds: ageSeconds }),
    };
    this.faults = {
      inject: (fault) => call('POST', 'faults', {}, fault),
      list: async () => (await call('GET', 'faults')).faults,
      clear: () => call('DELETE', 'faults'),
    };
  }

  get account() {
    return this.#account;
  }

  get pid() {
    return this.#child?.pid;
  }

  get env() {
    return {
      AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER: this.endpoint,
      AWS_ACCESS_KEY_ID: this.#account ?? 'any',
      AWS_SECRET_ACCESS_KEY: 'any',
      AWS_REGION: this.region,
      AWS_DEFAULT_REGION: this.region,
    };
  }

  get clientConfig() {
    const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = this.env;
    return { endpoint: this.endpoint, region: this.region, credentials: { accessKeyId, secretAccessKey } };
  }

  pool(name) {
    const found = name === undefined && this.pools.length === 1
      ? this.pools[0] : this.pools.find((pool) => pool.name === name || pool.id === name);
    if (found) return found;
    const names = this.pools.map((pool) => pool.name).join(', ') || 'none';
    throw new EmulatorError(`There is no pool ${name ?? 'to choose'}; the pools of the start are: ${names}.`);
  }

  async listPools() {
    // `format` and `without` are of the export alone, which has no world as default.
    const query = { format: 'json', without: 'users,secrets,dates', account: this.#account };
    const file = await control(this.endpoint, 'GET', 'export', query);
    return file.UserPools.map((pool) => ({
      id: pool.Id,
      name: pool.PoolName,
      issuer: `${this.endpoint}/${pool.Id}`,
      clients: (pool.UserPoolClients ?? []).map((client) => ({ id: client.ClientId, name: client.ClientName })),
    }));
  }

  async world(worker) {
    const account = accountOf(worker);
    await control(this.endpoint, 'PUT', `worlds/${account}`);
    return ready(new Emulator({ endpoint: this.endpoint, region: this.region, account }));
  }

  async journal(filter = {}) {
    return (await this.#call('GET', 'journal', filter)).calls;
  }

  async reset() {
    await this.#call('POST', 'reset');
  }

  async save(name) {
    await this.#call('POST', `states/${encodeURIComponent(name)}`);
  }

  async restore(name) {
    await this.#call('PUT', `states/${encodeURIComponent(name)}`);
  }

  async stop() {
    if (this.#child) {
      await end(this.#child);
      this.#child = undefined;
    } else if (this.#account) {
      await control(this.endpoint, 'DELETE', `worlds/${this.#account}`);
    }
  }

  async [Symbol.asyncDispose ?? Symbol.for('Symbol.asyncDispose')]() {
    await this.stop();
  }

  #call(method, path, query = {}, body) {
    return control(this.endpoint, method, path, { ...query, account: this.#account }, body);
  }
}

/** Calls a control of the emulator: the pages of `GET /_emulator/`. */
async function control(endpoint, method, path, query = {}, body) {
  const url = new URL(`${endpoint}/_emulator/${path}`);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) url.searchParams.set(name, String(value));
  }
  const request = { method, headers: {} };
  if (body !== undefined) {
    request.body = JSON.stringify(body);
    request.headers['content-type'] = 'application/json';
  }
  const answer = await fetch(url, request);
  const text = await answer.text();
  let value;
  try {
    value = text === '' ? undefined : JSON.parse(text);
  } catch {
    throw new EmulatorError(`${endpoint} is not an emulator of this version: it answers ${answer.status}.`, answer.status);
  }
  if (!answer.ok) throw new EmulatorError(value?.message ?? `${method} ${path}: ${answer.status}`, answer.status);
  return value;
}

async function ready(emulator) {
  await control(emulator.endpoint, 'GET', 'health');
  emulator.pools = await emulator.listPools();
  return emulator;
}

async function end(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.ref();
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await ended;
}

/** The address that the emulator prints when it listens. */
function listening(child, timeout) {
  return new Promise((resolve, reject) => {
    let printed = '';
    const late = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new EmulatorError(`The emulator did not start within ${timeout} ms. ${printed}`.trim()));
    }, timeout);
    child.stderr.setEncoding('utf8');
    child.stderr.on('data', (text) => {
      if (printed.length < 10_000) printed += text;
      const found = /^Cognito is at (\S+) \(Region (\S+)\)\.$/m.exec(printed);
      if (!found) return;
      clearTimeout(late);
      resolve({ endpoint: found[1], region: found[2] });
    });
    child.once('error', (error) => {
      clearTimeout(late);
      reject(new EmulatorError(`The emulator does not start: ${error.message}`));
    });
    // `close` comes after the last output.
    child.once('close', (code) => {
      clearTimeout(late);
      reject(new EmulatorError(printed.replace(/^cognito-mcp: /, '').trim() || `The emulator ended with exit code ${code}.`));
    });
  });
}

async function startEmulator(options = {}) {
  const {
    seedFile, seed, empty = false, port = 0, host, region = 'us-east-1', args = [], env = process.env,
    binary = binaryPath(), timeout = 10_000, log = false,
  } = options;
  const flags = ['emulator', '--port', String(port), '--region', region];
  if (host !== undefined) flags.push('--host', host);
  if (seedFile !== undefined) flags.push('--seed-file', String(seedFile));
  if (seed !== undefined) flags.push('--seed', String(seed));
  if (empty) flags.push('--empty');
  const child = spawn(binary, [...flags, ...args], { stdio: ['ignore', 'ignore', 'pipe'], env });
  running.add(child);
  child.once('exit', () => running.delete(child));
  if (log) child.stderr.pipe(process.stderr, { end: false });
  const address = await listening(child, timeout);
  // A test that forgets `stop` ends all the same, and the emulator with it.
  child.unref();
  child.stderr.unref();
  return ready(new Emulator({ ...address, child }));
}

async function connectEmulator({ endpoint = 'http://127.0.0.1:9229', region = 'us-east-1', worker } = {}) {
  const emulator = new Emulator({ endpoint: endpoint.replace(/\/+$/, ''), region });
  return worker === undefined ? ready(emulator) : emulator.world(worker);
}

module.exports = { startEmulator, connectEmulator, binaryPath, Emulator, EmulatorError };
