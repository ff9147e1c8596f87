import { createConnection, type Connection } from '../../src/lib/connections/connections.ts';
import { createTenant, type Tenant } from '#lib/identity/tenancy/tenants.ts';
import type { Sandbox } from '../../sandbox/index.ts';

export interface Workspace {
  tenant: Tenant;
  connection: Connection;
}

/** The tenant's time zone, and settings of the connection besides its base URL. */
export interface WorkspaceOptions {
  timeZone?: string;
  [setting: string]: unknown;
}

/** A tenant with a ClientTether connection to an account of the sandbox. */
export async function createWorkspace(
  sandbox: Sandbox,
  account: string,
  slug = account,
  { timeZone = 'UTC', ...settings }: WorkspaceOptions = {},
): Promise<Workspace> {
  const { webKey, accessToken } = sandbox.clienttether.account(account).identity;
  const tenant = await createTenant({ slug, name: `Workspace ${slug}`, timeZone });
  const connection = await createConnection({
    tenantId: tenant.id,
    provider: 'clienttether',
    settings: { baseUrl: sandbox.clienttether.baseUrl, ...settings },
    secrets: { webKey, accessToken },
  });
  return { tenant, connection };
}
