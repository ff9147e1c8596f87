import { dev } from 'astro';
import { config } from '../src/lib/platform/config.ts';
import { onStop } from '../src/lib/platform/signals.ts';

/**
 * Runs the web process for development: pages are compiled on request and reload when a file
 * changes.
 */
const server = await dev({
  root: '.',
  logLevel: 'info',
  server: { port: config().PORT, host: config().HOST },
});
process.send?.({ ready: true, port: server.address.port });
onStop(() => server.stop());
