import { bulkAccount, startSandbox } from '../../sandbox/index.ts';
import type { SandboxReady } from './sandbox-control.ts';

/**
 * The sandbox as a process of its own, so that its work is not done by the process that is
 * measured.
 */

/** What stands still in the accounts. */
const now = Date.UTC(2026, 10, 1);

/** Accounts `lists-<clients>` without notes, and `notes-<clients>` with five for each client. */
const specs = (process.env['BENCH_ACCOUNTS'] ?? '').split(',').map((name) => {
  const [kind, clients] = name.split('-');
  const notesPerClient = kind === 'notes' ? 5 : 0;
  return bulkAccount({
    name,
    label: name,
    webKey: `CT_${name}`,
    accessToken: `token-${name}`,
    clients: Number(clients),
    notesPerClient,
    now,
  });
});
const sandbox = await startSandbox({ accounts: specs, now });
process.send?.({
  port: sandbox.port,
  url: sandbox.url,
  baseUrl: sandbox.clienttether.baseUrl,
} satisfies SandboxReady);
const end = () => process.exit(0);
process.on('SIGTERM', end);
process.on('disconnect', end);
