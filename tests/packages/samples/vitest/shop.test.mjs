// 25 tests of a file. Each file has a worker, and each worker its own emulator.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startEmulator } from 'cognito-mcp';
import { Shop } from './shop.mjs';

let emulator;
let shop;
beforeAll(async () => {
  emulator = await startEmulator({ seedFile: 'pools.yaml' });
  shop = new Shop(emulator.clientConfig, emulator.pool().clients[0].id);
});
beforeEach(() => emulator.reset());
afterAll(() => emulator.stop());

for (let number = 0; number < 20; number += 1) {
  test(`customer ${number} registers`, async () => {
    await shop.register('dora@example.com', 'Correct-Horse-7');
    await shop.confirm('dora', await emulator.outbox.code('dora@example.com'));
    const user = await shop.signIn('dora', 'Correct-Horse-7');
    expect(user.Username).toBe('dora');
    // The customers of other tests, in this process or another one, are not there.
    expect(await shop.customers('us-east-1_Shop')).toEqual(['ana', 'dora']);
  });
}

for (let number = 0; number < 5; number += 1) {
  test(`code ${number} expires`, async () => {
    await shop.register('eva@example.com', 'Correct-Horse-7');
    await emulator.clock.advance(25 * 3600, { tokenClock: 'real' });
    const code = await emulator.outbox.code('eva@example.com');
    await expect(shop.confirm('eva', code)).rejects.toMatchObject({ name: 'ExpiredCodeException' });
  });
}
