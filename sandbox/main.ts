/**
 * Serves the demo accounts until SIGTERM or SIGINT. PORT or SANDBOX_PORT (first) names the port;
 * default 4399.
 */
import { startSandbox } from './index.ts';

const DEFAULT_PORT = 4399;
const DRAIN_MS = 5_000;

const port = Number(process.env.SANDBOX_PORT ?? process.env.PORT ?? DEFAULT_PORT);
if (!Number.isInteger(port) || port < 0 || port > 65_535)
  fail(
    'the port must be a number from 0 to 65535, not ' +
      `'${process.env.SANDBOX_PORT ?? process.env.PORT}'`,
  );

const sandbox = await startSandbox({ port }).catch((error: NodeJS.ErrnoException) =>
  fail(
    error.code === 'EADDRINUSE'
      ? `port ${port} is taken; set SANDBOX_PORT to another`
      : error.message,
  ),
);
process.stdout.write(`sandbox: ${sandbox.url} (ClientTether at ${sandbox.clienttether.baseUrl})\n`);

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => void sandbox.close(DRAIN_MS).then(() => process.exit(0)));
}

function fail(message: string): never {
  process.stderr.write(`sandbox: ${message}\n`);
  process.exit(1);
}
