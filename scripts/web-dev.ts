import { dev } from 'astro';
import { config } from '../src/lib/platform/config.ts';
import { onStop } from '../src/lib/platform/stop/signals.ts';

/**
 * Runs the web process for development: pages are compiled on request and reload when a file
 * changes.
 */
const server = await dev({
  root: '.',
  logLevel: 'info',
  server: { port: config().PORT, host: config().HOST },
});
onStop(() => server.stop(), { timeoutMs: () => config().STOP_TIMEOUT_SECONDS * 1000 });
process.send?.({ ready: true, port: server.address.port });
