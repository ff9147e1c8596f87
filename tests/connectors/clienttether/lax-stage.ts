import { createConnection } from '#lib/connections/connections.ts';
import { createTenant } from '#lib/identity/tenancy/tenants.ts';
import { syncConnection } from '#lib/ingest/sync-connection.ts';
import type { RunReport } from '#lib/ingest/types.ts';
import { serveLax, type LaxCase } from './lax-server.ts';

let count = 0;

/** A workspace of its own, connected to a server that serves the case and synced once. */
export async function syncCase(
  given: LaxCase,
  { settings = {}, currency = 'USD' }: { settings?: object; currency?: string } = {},
): Promise<{ tenantId: string; report: RunReport; again: () => Promise<RunReport> }> {
  count += 1;
  const slug = `lax-${count}`;
  const tenant = await createTenant({ slug, name: slug, timeZone: 'UTC', currency });
  const connection = await createConnection({
    tenantId: tenant.id,
    provider: 'clienttether',
    settings: { baseUrl: await serveLax(given), ...settings },
    secrets: { webKey: 'CT_1', accessToken: 'a.b.c' },
  });
  const again = () =>
    syncConnection({ tenantId: tenant.id, connectionId: connection.id, trigger: 'cli' });
  return { tenantId: tenant.id, report: await again(), again };
}
