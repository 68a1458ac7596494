// 25 tests of a file. Each file has a process of its own, and each process its own emulator.
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { startEmulator } from 'cognito-mcp';
import { Shop } from './shop.mjs';

let emulator;
let shop;
before(async () => {
  emulator = await startEmulator({ seedFile: 'pools.yaml' });
  shop = new Shop(emulator.clientConfig, emulator.pool().clients[0].id);
});
beforeEach(() => emulator.reset());
after(() => emulator.stop());

for (let number = 0; number < 20; number += 1) {
  test(`customer ${number} registers`, async () => {
    await shop.register('dora@example.com', 'Correct-Horse-7');
    await shop.confirm('dora', await emulator.outbox.code('dora@example.com'));
    const user = await shop.signIn('dora', 'Correct-Horse-7');
    assert.equal(user.Username, 'dora');
    // The customers of other tests, in this process or another one, are not there.
    assert.deepEqual(await shop.customers('us-east-1_Shop'), ['ana', 'dora']);
  });
}

for (let number = 0; number < 5; number += 1) {
  test(`code ${number} expires`, async () => {
    await shop.register('eva@example.com', 'Correct-Horse-7');
    await emulator.clock.advance(25 * 3600, { tokenClock: 'real' });
    const code = await emulator.outbox.code('eva@example.com');
    await assert.rejects(shop.confirm('eva', code), { name: 'ExpiredCodeException' });
  });
}
