// Starts the emulator from a test, and calls its controls.
'use strict';

const { spawn } = require('node:child_process');
const { randomInt } = require('node:crypto');
const { fileURLToPath } = require('node:url');
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
const FIRST_ACCOUNT = 100_000_000_000;
const WORLDS = 128;

/** The account of a worker. */
function accountOf(worker) {
  const text = String(worker);
  // Programs that share an emulator need no agreement. Numbers below are for those that choose one.
  if (text === 'new') return String(200_000_000_000 + (randomInt(800_000) * 1_000_000) + randomInt(1_000_000));
  if (/^\d{12}$/.test(text)) return text;
  if (/^\d{1,3}$/.test(text) && Number(text) < WORLDS) return String(FIRST_ACCOUNT + Number(text));
  throw new EmulatorError(`A worker is \`new\`, a number from 0 to ${WORLDS - 1} or an account of 12 digits, not ${worker}.`);
}

class Emulator {
  #account;
  #child;

  constructor({ endpoint, account, child }) {
    this.endpoint = endpoint;
    this.#account = account;
    this.#child = child;
    // `ready` sets both.
    this.region = undefined;
    this.pools = [];
    const call = (method, path, query, body) => this.control(method, path, { query, body });
    this.outbox = {
      list: async (filter = {}) => (await call('GET', 'outbox', filter)).messages,
      wait: async (filter = {}) => (await call('GET', 'outbox/wait', { after: 0, timeout: 10, ...filter })).message,
      code: async (recipient, { timeout = 10, ...filter } = {}) => {
        const [latest] = await this.outbox.list({ ...filter, recipient });
        return (latest ?? await this.outbox.wait({ ...filter, recipient, timeout })).code;
      },
      clear: async () => { await call('DELETE', 'outbox'); },
    };
    this.clock = {
      now: async () => (await call('GET', 'clock')).now,
      advance: async (seconds, { tokenClock } = {}) => {
        await call('POST', 'clock', {}, { advance_seconds: seconds, token_clock: tokenClock });
      },
      tokens: async ({ clock, ageSeconds } = {}) => {
        await call('POST', 'clock', {}, { token_clock: clock, token_age_seconds: ageSeconds });
      },
    };
    this.faults = {
      inject: async (fault) => { await call('POST', 'faults', {}, fault); },
      throttle: (operation, calls = 1) => this.faults.inject({
        on: { operation }, when: { callers: calls },
        effect: { exception: { code: 'TooManyRequestsException', message: 'Rate exceeded' } },
      }),
      list: async () => (await call('GET', 'faults')).faults,
      clear: async () => { await call('DELETE', 'faults'); },
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
    const query = { format: 'json', without: 'users,secrets,dates' };
    const file = await this.control('GET', 'export', { query });
    return file.UserPools.map((pool) => ({
      id: pool.Id,
      name: pool.PoolName,
      issuer: `${this.endpoint}/${pool.Id}`,
      clients: (pool.UserPoolClients ?? []).map((client) => ({ id: client.ClientId, name: client.ClientName })),
    }));
  }

  async world(worker) {
    return ready(await worldOf(this.endpoint, worker), undefined, this.region);
  }

  async journal(filter = {}) {
    return (await this.control('GET', 'journal', { query: filter })).calls;
  }

  async reset() {
    await this.control('POST', 'reset');
  }

  async save(name) {
    await this.control('POST', `states/${encodeURIComponent(name)}`);
  }

  async restore(name) {
    await this.control('PUT', `states/${encodeURIComponent(name)}`);
  }

  async stop() {
    if (this.#child) {
      await end(this.#child);
      this.#child = undefined;
    } else if (this.#account) {
      await request(this.endpoint, 'DELETE', `worlds/${this.#account}`);
    }
  }

  async [Symbol.asyncDispose ?? Symbol.for('Symbol.asyncDispose')]() {
    await this.stop();
  }

  control(method, path, { query, body } = {}) {
    return request(this.endpoint, method, path, { ...query, account: this.#account }, body);
  }
}

/** Calls a control of the emulator: the pages of `GET /_emulator/`. */
async function request(endpoint, method, path, query = {}, body) {
  const options = { method, headers: {} };
  if (body !== undefined) {
    options.body = JSON.stringify(body);
    options.headers['content-type'] = 'application/json';
  }
  let answer;
  let text;
  try {
    const url = new URL(`${endpoint}/_emulator/${path}`);
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    answer = await fetch(url, options);
    text = await answer.text();
  } catch (error) {
    // `fetch` says only that it failed.
    const reason = error.cause?.message || error.cause?.code || error.message;
    throw new EmulatorError(`No emulator answers at ${endpoint}: ${reason}`);
  }
  let value;
  try {
    value = text === '' ? undefined : JSON.parse(text);
  } catch {
    throw new EmulatorError(`${endpoint} is not an emulator of this version: it answers ${answer.status}.`, answer.status);
  }
  if (!answer.ok) throw new EmulatorError(value?.message ?? `${method} ${path}: ${answer.status}`, answer.status);
  return value;
}

/** The emulator, when it answers. Without `region` it has the Region of the pools of the start. */
async function ready(emulator, region, fallback = 'us-east-1') {
  await request(emulator.endpoint, 'GET', 'health');
  emulator.pools = await emulator.listPools();
  const regions = new Set(emulator.pools.map((pool) => pool.id.split('_')[0]));
  emulator.region = region ?? (regions.size === 1 ? [...regions][0] : fallback);
  return emulator;
}

/** The world of a worker, which is made if it does not exist. */
async function worldOf(endpoint, worker) {
  const account = accountOf(worker);
  await request(endpoint, 'PUT', `worlds/${account}`);
  return new Emulator({ endpoint, account });
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
    seedFile, seed, empty = false, port = 0, host, region, args = [], env = process.env,
    binary = binaryPath(), timeout = 10_000, log = false,
  } = options;
  const flags = ['emulator', '--port', String(port)];
  const environment = { ...env };
  if (region === undefined && seedFile !== undefined) {
    // The Region of the pools applies, not that of the machine.
    delete environment.AWS_REGION;
    delete environment.AWS_DEFAULT_REGION;
  } else {
    flags.push('--region', region ?? 'us-east-1');
  }
  if (host !== undefined) flags.push('--host', host);
  if (seedFile !== undefined) flags.push('--seed-file', pathOf(seedFile));
  if (seed !== undefined) flags.push('--seed', String(seed));
  if (empty) flags.push('--empty');
  if (log) flags.push('--log', 'requests');
  const child = spawn(binary, [...flags, ...args], { stdio: ['ignore', 'ignore', 'pipe'], env: environment });
  running.add(child);
  child.once('exit', () => running.delete(child));
  if (log) child.stderr.pipe(process.stderr, { end: false });
  const address = await listening(child, timeout);
  // A test that forgets `stop` ends all the same, and the emulator with it.
  child.unref();
  child.stderr.unref();
  return ready(new Emulator({ endpoint: address.endpoint, child }), region, address.region);
}

/** The path of a file that is a path or a `file:` URL. */
function pathOf(file) {
  return typeof file === 'string' ? file : fileURLToPath(file);
}

async function connectEmulator({ endpoint = 'http://127.0.0.1:9229', region, worker } = {}) {
  const address = endpoint.replace(/\/+$/, '');
  return ready(worker === undefined ? new Emulator({ endpoint: address }) : await worldOf(address, worker), region);
}

module.exports = { startEmulator, connectEmulator, binaryPath, Emulator, EmulatorError };
