// The main job of the npm package in an empty project: sign-up with the code from the outbox.
// Then what is refused: a wrong code, a wrong file, a control that is used wrongly.
import assert from 'node:assert/strict';
import { connectEmulator, startEmulator } from 'cognito-mcp';

const emulator = await startEmulator({ seedFile: 'pools.yaml' });
async function call(operation, body, account = 'any') {
  const answer = await fetch(emulator.endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `AWSCognitoIdentityProviderService.${operation}`,
      authorization: `AWS4-HMAC-SHA256 Credential=${account}/20260101/us-east-1/cognito-idp/aws4_request, SignedHeaders=host, Signature=00`,
    },
    body: JSON.stringify(body),
  });
  return answer.json();
}

const { id: ClientId } = emulator.pool('shop').clients[0];
assert.equal(ClientId, 'shopweb');
assert.equal(emulator.pool().issuer, `${emulator.endpoint}/us-east-1_Shop`);
const dora = { ClientId, Username: 'dora' };
const waiting = emulator.outbox.wait({ recipient: 'dora@example.com', timeout: 20 });
await call('SignUp', { ...dora, Password: 'Correct-Horse-7', UserAttributes: [{ Name: 'email', Value: 'dora@example.com' }] });
assert.equal((await waiting).purpose, 'SignUp');
const ConfirmationCode = await emulator.outbox.code('dora@example.com');
const wrong = await call('ConfirmSignUp', { ...dora, ConfirmationCode: ConfirmationCode === '000000' ? '000001' : '000000' });
assert.equal(wrong.__type, 'CodeMismatchException');
assert.deepEqual(await call('ConfirmSignUp', { ...dora, ConfirmationCode }), {});
const AuthParameters = { USERNAME: 'dora', PASSWORD: 'Correct-Horse-7' };
const tokens = await call('InitiateAuth', { ClientId, AuthFlow: 'USER_PASSWORD_AUTH', AuthParameters });
assert.equal(typeof tokens.AuthenticationResult.IdToken, 'string');

const before = await emulator.clock.now();
await emulator.clock.advance(3600);
assert.ok(await emulator.clock.now() >= before + 3600);
await emulator.save('registered');
await emulator.faults.inject({ on: { operation: 'InitiateAuth' }, when: { first: 1 },
  effect: { exception: { code: 'TooManyRequestsException', message: 'Rate exceeded' } } });
const refused = await call('InitiateAuth', { ClientId, AuthFlow: 'USER_PASSWORD_AUTH', AuthParameters });
assert.equal(refused.__type, 'TooManyRequestsException');
assert.equal((await emulator.faults.list()).length, 1);
assert.equal((await emulator.journal({ last: 1 }))[0].operation, 'InitiateAuth');

// Workers that share the emulator have worlds of their own.
const first = await connectEmulator({ endpoint: emulator.endpoint, worker: 1 });
const second = await emulator.world(2);
await call('CreateUserPool', { PoolName: 'orders' }, first.account);
assert.deepEqual((await first.listPools()).map((pool) => pool.name), ['orders']);
assert.deepEqual(await second.listPools(), []);
await first.clock.advance(1000);
assert.ok(await second.clock.now() < await first.clock.now());
await second.stop();

await emulator.reset();
const unknown = await call('InitiateAuth', { ClientId, AuthFlow: 'USER_PASSWORD_AUTH', AuthParameters });
assert.equal(unknown.__type, 'UserNotFoundException');
await emulator.restore('registered');
assert.deepEqual((await emulator.listPools()).map((pool) => pool.id), ['us-east-1_Shop']);

await assert.rejects(startEmulator({ seedFile: 'missing.yaml' }), /missing\.yaml/);
await assert.rejects(emulator.clock.advance('soon'), { name: 'EmulatorError', status: 400 });
assert.throws(() => emulator.pool('orders'), /the pools of the start are: shop/);
await assert.rejects(emulator.world(500), /0 to 127/);
const { pid } = emulator;
await emulator.stop();
assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
console.log('main job done');
