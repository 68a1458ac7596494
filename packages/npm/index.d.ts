/// <reference types="node" />

/** What `startEmulator` needs; everything has a default. */
export interface StartOptions {
  /** A pool file: pools, app clients and users with ids that are known in advance (docs/pool-file.md). */
  seedFile?: string | URL;
  /** The seed of ids, codes and sessions that nothing else determines. */
  seed?: number;
  /** Start without the demo pool. */
  empty?: boolean;
  /** The port; 0, the default, takes a free one. */
  port?: number;
  /** The address to listen on [127.0.0.1]. */
  host?: string;
  /** The Region of the emulator and of `env` [that of the pools in the pool file, or us-east-1]. */
  region?: string;
  /** More flags of `cognito-mcp emulator`. */
  args?: string[];
  /** The environment of the emulator [that of this process]. */
  env?: NodeJS.ProcessEnv;
  /** Another binary than the package's. */
  binary?: string;
  /** The longest time until it listens, in milliseconds [10000]. */
  timeout?: number;
  /** Copy the emulator's messages and a line for each request to standard error. */
  log?: boolean;
}

/** An emulator that runs already, for example in a container. */
export interface ConnectOptions {
  /** Its address [http://127.0.0.1:9229]. */
  endpoint?: string;
  /** The Region of `env` [that of the emulator's pools, or us-east-1]. */
  region?: string;
  /** Use the world of an account in place of the shared one: see `Emulator.world`. */
  worker?: Worker;
}

/**
 * The account of a worker: `new` for one that no other program uses, the number of the worker (0 to
 * 127), or an account of 12 digits. Two programs with the same number or account use the same world.
 */
export type Worker = 'new' | number | string;

/** An app client at the start. */
export interface AppClient {
  id: string;
  name: string;
}

/** A user pool at the start. */
export interface UserPool {
  id: string;
  name: string;
  /** The issuer (`iss`) of its tokens. */
  issuer: string;
  clients: AppClient[];
}

/** Which messages. */
export interface MessageFilter {
  recipient?: string;
  username?: string;
  /** A pool's id. */
  pool?: string;
  /** The sequence number of the message before the first one. */
  after?: number;
}

/** A message that Cognito would have sent by e-mail or SMS. */
export interface Message {
  sequence: number;
  /** In seconds since 1970, by the emulator's clock. */
  sent_at: number;
  user_pool_id: string;
  username: string;
  /** The address or the phone number. */
  destination: string;
  medium: 'EMAIL' | 'SMS';
  /** Why it was sent, for example `SignUp`. */
  purpose: string;
  code?: string;
  subject?: string;
  body: string;
}

/** The messages of the emulator. */
export interface Outbox {
  /** Messages, newest first. */
  list(filter?: MessageFilter): Promise<Message[]>;
  /** The first message that matches, as soon as it is there. `timeout` is in seconds [10]. */
  wait(filter?: MessageFilter & { timeout?: number }): Promise<Message>;
  /** The newest code that was sent to an address or a phone number; waits for the first one. */
  code(recipient: string, filter?: Omit<MessageFilter, 'recipient'> & { timeout?: number }): Promise<string>;
  /** Removes all messages. */
  clear(): Promise<void>;
}

/** The clock of the emulator. */
export interface Clock {
  /** The emulator's time, in seconds since 1970. */
  now(): Promise<number>;
  /** Advances the clock. With `tokenClock: 'real'`, new tokens have the times of the real clock. */
  advance(seconds: number, options?: { tokenClock?: 'real' | 'emulator' }): Promise<void>;
  /** The times of new tokens: the clock that they follow, and their age when they are issued. */
  tokens(options: { clock?: 'real' | 'emulator'; ageSeconds?: number }): Promise<void>;
}

/** A fault, as `POST /_emulator/faults` takes it. */
export interface Fault {
  on: 'any' | { operation: string } | { category: string };
  when: 'always' | { callers: number } | { first: number } | { nth: number } | { share: number };
  effect: { exception: { code: string; message: string } } | { delay_ms: number } | 'cut_before_effects' | 'cut_after_effects';
}

/** The injected faults. */
export interface Faults {
  inject(fault: Fault): Promise<void>;
  /** The next calls of an operation [1] are throttled, with all attempts of the SDK at each. */
  throttle(operation: string, calls?: number): Promise<void>;
  /** The faults. Each was considered for `concerned` requests, and applied to `struck` of them. */
  list(): Promise<(Fault & { id: number; concerned: number; struck: number; callers_struck?: number })[]>;
  /** Removes all faults. */
  clear(): Promise<void>;
}

/** A running emulator, or the world of one account in it. */
export interface Emulator extends AsyncDisposable {
  /** The address, as in `http://127.0.0.1:9229`. */
  readonly endpoint: string;
  readonly region: string;
  /** The account of this world; undefined for the shared world. */
  readonly account: string | undefined;
  /** The process, if this object started it. */
  readonly pid: number | undefined;
  /** The pools of the start. */
  readonly pools: UserPool[];
  /** The variables that the AWS SDKs and the AWS CLI read. */
  readonly env: Record<
    'AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER' | 'AWS_ACCESS_KEY_ID' | 'AWS_SECRET_ACCESS_KEY' | 'AWS_REGION' | 'AWS_DEFAULT_REGION',
    string
  >;
  /** The settings of a client of the AWS SDK for JavaScript 3. */
  readonly clientConfig: {
    endpoint: string;
    region: string;
    credentials: { accessKeyId: string; secretAccessKey: string };
  };
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly faults: Faults;
  /** A pool of the start by its name or id; without one, the only pool. */
  pool(name?: string): UserPool;
  /** The pools as they are now. */
  listPools(): Promise<UserPool[]>;
  /** The world of a worker: pools, clock, outbox and faults of its own. `stop` removes it. */
  world(worker: Worker): Promise<Emulator>;
  /** The last calls, without secrets, oldest first. */
  journal(filter?: { operation?: string; last?: number }): Promise<Record<string, unknown>[]>;
  /** Calls a control of `GET /_emulator/`, such as `control('GET', 'states')`, in the world of this account. */
  control(method: string, path: string, options?: { query?: Record<string, unknown>; body?: unknown }): Promise<unknown>;
  /** Returns to the state of the start. */
  reset(): Promise<void>;
  /** Saves the state under a name. */
  save(name: string): Promise<void>;
  /** Returns to a saved state. */
  restore(name: string): Promise<void>;
  /** Ends the emulator, or removes the world. */
  stop(): Promise<void>;
}

/** A control that failed, with the HTTP status; or an emulator that did not start, or does not answer. */
export class EmulatorError extends Error {
  readonly status: number | undefined;
}

/** Starts an emulator, and returns when it answers. It ends with this process. */
export function startEmulator(options?: StartOptions): Promise<Emulator>;

/** Uses an emulator that runs already. */
export function connectEmulator(options?: ConnectOptions): Promise<Emulator>;

/** The path of the binary for this platform. */
export function binaryPath(): string;
