// Every member and option that the types of the npm package declare, used once in an emulator. Prints
// them as JSON, with which members.py compares the Python package.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { binaryPath, connectEmulator, startEmulator } from 'cognito-mcp';

const require = createRequire(import.meta.url);
const types = readFileSync(require.resolve('cognito-mcp/package.json').replace('package.json', 'index.d.ts'), 'utf8');

/** The text of an interface. */
const body = (name) => new RegExp(`^export interface ${name} .*?\\{\\n(.*?)^\\}`, 'ms').exec(types)[1];

/** The members of an interface, each with the text of its parameters or its type. */
const membersOf = (name) => Object.fromEntries(
  [...body(name).matchAll(/^ {2}(?:readonly )?(\w+)(.*?);$/gms)].map(([, member, text]) => [member, text]));

const filter = Object.keys(membersOf('MessageFilter'));

/** The names of a method's parameters, and of the members of those that are objects. */
function parametersOf(text) {
  if (!text.startsWith('(')) return [];
  const parameters = text.slice(0, text.lastIndexOf('): '));
  const names = [...parameters.matchAll(/(\w+)\??:/g)].map(([, name]) => name);
  return [...new Set(parameters.includes('MessageFilter') ? [...names, ...filter] : names)];
}

const declared = {};
for (const name of ['Emulator', 'Outbox', 'Clock', 'Faults']) {
  for (const [member, text] of Object.entries(membersOf(name))) declared[`${name}.${member}`] = parametersOf(text);
}
declared.startEmulator = Object.keys(membersOf('StartOptions'));
declared.connectEmulator = Object.keys(membersOf('ConnectOptions'));
assert.ok(Object.keys(declared).length > 30, 'the types are read');

/** What was used: names of members, and of their parameters and options. */
const used = new Map();

function record(name, given) {
  if (!used.has(name)) used.set(name, new Set());
  for (const one of given) {
    if (one !== null && typeof one === 'object') Object.keys(one).forEach((option) => used.get(name).add(option));
  }
}

/** A function that records its options. */
const watched = (name, call) => async (...given) => {
  record(name, given);
  return watch('Emulator', await call(...given));
};

/** An object that records which of its members are used. */
function watch(kind, object) {
  const kinds = { outbox: 'Outbox', clock: 'Clock', faults: 'Faults' };
  return new Proxy(object, {
    get(target, member) {
      const value = Reflect.get(target, member, target);
      if (member === 'then' || typeof member === 'symbol') return value;
      record(`${kind}.${member}`, []);
      if (member === 'world') return watched('Emulator.world', value.bind(target));
      if (typeof value === 'function') {
        return (...given) => {
          record(`${kind}.${member}`, given);
          return value.apply(target, given);
        };
      }
      return kinds[member] ? watch(kinds[member], value) : value;
    },
  });
}

const start = watched('startEmulator', startEmulator);
const connect = watched('connectEmulator', connectEmulator);

const emulator = await start({
  seedFile: pathToFileURL('pools.yaml'), seed: 7, port: 0, host: '127.0.0.1', args: ['--no-custom-ids'],
  env: { ...process.env, AWS_REGION: 'ap-south-1' }, binary: binaryPath(), timeout: 10_000, log: true,
});
const other = await start({ empty: true, region: 'eu-west-1' });
assert.deepEqual([other.region, other.pools, emulator.region], ['eu-west-1', [], 'us-east-1']);
await other.stop();
assert.ok(emulator.pid > 0);
assert.equal(emulator.env.AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER, emulator.endpoint);
assert.equal(emulator.clientConfig.region, 'us-east-1');
const pool = emulator.pool('shop');
assert.deepEqual(emulator.pools, await emulator.listPools());
assert.deepEqual(Object.keys(pool).sort(), Object.keys(membersOf('UserPool')).sort());
assert.deepEqual(Object.keys(pool.clients[0]).sort(), Object.keys(membersOf('AppClient')).sort());

async function signUp(name) {
  const answer = await fetch(emulator.endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'AWSCognitoIdentityProviderService.SignUp' },
    body: JSON.stringify({
      ClientId: pool.clients[0].id, Username: name, Password: 'Correct-Horse-7',
      UserAttributes: [{ Name: 'email', Value: `${name}@example.com` }],
    }),
  });
  return answer.status;
}

// Messages: each filter alone, and all together.
const waiting = emulator.outbox.code('dora@example.com', { timeout: 20, username: 'dora', pool: pool.id, after: 0 });
assert.equal(await signUp('dora'), 200);
const code = await waiting;
assert.match(code, /^\d{6}$/);
assert.equal(await emulator.outbox.code('dora@example.com', { timeout: 1 }), code);
const matching = { recipient: 'dora@example.com', username: 'dora', pool: pool.id, after: 0 };
for (const [name, value] of Object.entries(matching)) assert.equal((await emulator.outbox.list({ [name]: value })).length, 1);
assert.deepEqual(await emulator.outbox.list({ after: 1 }), []);
const message = await emulator.outbox.wait({ ...matching, timeout: 1 });
const members = Object.entries(membersOf('Message'));
assert.deepEqual(Object.keys(message).filter((name) => !members.some(([one]) => one === name)), []);
assert.deepEqual(members.filter(([name, text]) => !text.startsWith('?') && !(name in message)), []);
await assert.rejects(emulator.outbox.code('no@example.com', { timeout: 0.1 }), { name: 'EmulatorError', status: 408 });
await emulator.outbox.clear();
assert.deepEqual(await emulator.outbox.list(), []);

const before = await emulator.clock.now();
await emulator.clock.advance(3600, { tokenClock: 'real' });
await emulator.clock.tokens({ clock: 'emulator', ageSeconds: 60 });
assert.ok(await emulator.clock.now() >= before + 3600);

const exception = { code: 'InternalErrorException', message: 'No' };
for (const on of ['any', { operation: 'SignUp' }, { category: 'UserCreation' }]) {
  for (const when of ['always', { callers: 1 }, { first: 1 }, { nth: 1 }, { share: 0.5 }]) {
    for (const effect of [{ exception }, { delay_ms: 1 }, 'cut_before_effects', 'cut_after_effects']) {
      await emulator.faults.inject({ on, when, effect });
    }
  }
}
assert.equal((await emulator.faults.list()).length, 60);
await emulator.faults.clear();
await emulator.faults.throttle('SignUp', 2);
assert.deepEqual([await signUp('eva'), await signUp('eva'), await signUp('eva')], [400, 400, 200]);
const [fault] = await emulator.faults.list();
assert.deepEqual([fault.concerned, fault.struck, fault.callers_struck], [3, 2, 2]);

assert.equal((await emulator.journal({ operation: 'SignUp', last: 3 })).length, 3);
await emulator.save('registered');
await emulator.reset();
await emulator.restore('registered');
const { states } = await emulator.control('GET', 'states', {});
assert.equal(states[0].name, 'registered');
await emulator.control('POST', 'clock', { query: {}, body: { advance_seconds: 1 } });

// Accounts: two that are new, and one that is chosen.
const [first, second] = [await emulator.world('new'), await connect({ endpoint: emulator.endpoint, region: 'eu-west-1', worker: 'new' })];
assert.notEqual(first.account, second.account);
assert.deepEqual([first.region, second.region, second.env.AWS_ACCESS_KEY_ID], ['us-east-1', 'eu-west-1', second.account]);
assert.equal((await emulator.world(3)).account, '100000000003');
await first.stop();
await emulator.stop();
await assert.rejects(emulator.reset(), { name: 'EmulatorError', message: /^No emulator answers at http:/ });
await assert.rejects(connect({ endpoint: emulator.endpoint }), /No emulator answers at .*ECONNREFUSED/);

const unused = Object.keys(declared).filter((name) => !used.has(name));
assert.deepEqual(unused, [], 'every declared member is used');
for (const [name, options] of Object.entries(declared)) {
  // Names of positional parameters cannot be seen at run time: only those of options are compared.
  const inObjects = name.includes('.') ? optionsOf(...name.split('.')) : options;
  assert.deepEqual(inObjects.filter((option) => !used.get(name).has(option)), [], `every option of ${name} is used`);
}
console.log(JSON.stringify(declared));

/** The options of a method: members of parameters that are objects. */
function optionsOf(kind, member) {
  const text = membersOf(kind)[member];
  if (!text.startsWith('(')) return [];
  const inline = [...text.slice(0, text.lastIndexOf('): ')).matchAll(/\{([^}]*)\}/g)];
  const names = inline.flatMap(([, object]) => [...object.matchAll(/(\w+)\??:/g)].map(([, name]) => name));
  if (!text.includes('MessageFilter')) return names;
  return [...names, ...filter.filter((name) => !text.includes(`'${name}'`))];
}
