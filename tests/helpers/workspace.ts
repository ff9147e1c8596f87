import { createConnection, type Connection } from '../../src/lib/connections/connections.ts';
import { createTenant, type Tenant } from '../../src/lib/tenancy/tenants.ts';
import type { Sandbox } from '../../sandbox/index.ts';

export interface Workspace {
  tenant: Tenant;
  connection: Connection;
}

/** A tenant with a ClientTether connection to an account of the sandbox. */
export async function createWorkspace(sandbox: Sandbox, account: string, slug = account, timeZone = 'UTC'): Promise<Workspace> {
  const { webKey, accessToken } = sandbox.clienttether.account(account).identity;
  const tenant = await createTenant({ slug, name: `Workspace ${slug}`, timeZone });
  const connection = await createConnection({
    tenantId: tenant.id,
    provider: 'clienttether',
    settings: { baseUrl: sandbox.clienttether.baseUrl },
    secrets: { webKey, accessToken },
  });
  return { tenant, connection };
}
