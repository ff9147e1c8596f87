import {
  startDns,
  startSandbox,
  zoneFor,
  type DnsServer,
  type Sandbox,
} from '../../sandbox/index.ts';
import { migrateAll } from '#lib/jobs/migrate.ts';
import { closeQueue } from '#lib/jobs/queue.ts';
import { resetConfig } from '../../src/lib/platform/config.ts';
import { closeDatabase } from '../../src/lib/platform/db/database.ts';
import { createDemo, demoPassword, isDemo, isEmpty, pointDemoAt, staffEmail } from '../demo.ts';
import type { Environment, LocalDatabase } from '../environment.ts';
import { createLogin } from '../local-login.ts';

export { closeDatabase };

const sandboxPort = 4399;
const dnsPort = 4353;

/** What runs in this process for the demo. */
export interface DemoServers {
  sandbox?: Sandbox;
  dns?: DnsServer;
}

/** Migrates the database and, on the embedded one, creates the login of web and worker. */
export async function prepareDatabase(
  database: LocalDatabase,
  secrets: Environment,
): Promise<void> {
  await migrateAll(database.ownerUrl);
  if (database.embedded !== undefined)
    await createLogin(database.ownerUrl, secrets['APP_PASSWORD'] ?? '');
}

/**
 * Creates demo data in an empty database outside production, and starts the sandbox whenever there
 * is demo data. Returns whether there is.
 */
export async function prepareDemo(servers: DemoServers, env: Environment): Promise<boolean> {
  const wanted = env['NODE_ENV'] !== 'production' && ((await isEmpty()) || (await isDemo()));
  if (!wanted) return false;
  // Its people have a password that everybody knows; a second step would protect nothing.
  env['REQUIRE_STAFF_TWO_FACTOR'] = process.env['REQUIRE_STAFF_TWO_FACTOR'] || '0';
  env['ALLOW_LOOPBACK_PROVIDERS'] = '1';
  process.env['ALLOW_LOOPBACK_PROVIDERS'] = '1';
  servers.sandbox = await startSandbox({ port: sandboxPort }).catch(() => startSandbox());
  if (!process.env['DNS_SERVERS']) await startDemoDns(servers, env);
  resetConfig();
  if (await isEmpty()) await createDemo(servers.sandbox);
  else await pointDemoAt(servers.sandbox);
  // New connections have queued jobs; from here on only web and worker talk to the queue.
  await closeQueue();
  await closeDatabase();
  return true;
}

/**
 * Starts name servers on this machine: the demo's domains do not exist, so their mail records are
 * invented.
 */
async function startDemoDns(servers: DemoServers, env: Environment): Promise<void> {
  const fallback = (domain: string) => zoneFor(domain, 'demo');
  servers.dns = await startDns({ fallback, port: dnsPort }).catch(() => startDns({ fallback }));
  env['DNS_SERVERS'] = servers.dns.address;
  process.env['DNS_SERVERS'] = servers.dns.address;
}

/** Who may sign in to the demo and where its data comes from, line by line. */
export function describeDemo(): string[] {
  return [
    `  Sign in with the password  ${demoPassword}`,
    '',
    `    ${staffEmail.padEnd(26)} staff: every workspace`,
    ...['summit', 'harbor', 'juniper'].map(
      (slug) => `    ${`admin@${slug}.test`.padEnd(26)} admin of ${slug} (or viewer@${slug}.test)`,
    ),
    '',
    '  The worker reads the data from a sandbox on this machine: ClientTether, and also',
    '  Partner Center and Dynamics 365 for summit, Salesforce for harbor, HubSpot for juniper.',
  ];
}
