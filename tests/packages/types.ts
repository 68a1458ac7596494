// The types of the npm package, with `tsc --strict`.
import { connectEmulator, EmulatorError, startEmulator, type Emulator, type Message } from 'cognito-mcp';

export async function fixture(): Promise<string> {
  await using emulator: Emulator = await startEmulator({ seedFile: 'pools.yaml', port: 0, log: true });
  const worker: Emulator = await connectEmulator({ endpoint: emulator.endpoint, worker: 3 });
  const [latest]: Message[] = await worker.outbox.list({ recipient: 'ana@example.com' });
  const region: string = worker.clientConfig.region + worker.env.AWS_REGION;
  await worker.faults.inject({ on: 'any', when: { callers: 1 }, effect: 'cut_before_effects' });
  await worker.faults.throttle('SignUp', 2);
  const code: string = await worker.outbox.code('ana@example.com', { timeout: 1 });
  const own: Emulator = await emulator.world('new');
  const states: unknown = await own.control('GET', 'states', { query: { account: code } });
  // @ts-expect-error a port is a number
  await startEmulator({ port: '9229' }).catch((error: EmulatorError) => error.status);
  return region + (latest?.code ?? '') + String(states);
}
