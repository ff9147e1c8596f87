import { sql } from 'drizzle-orm';
import { demoAccounts, type DemoSlug } from '../sandbox/demo.ts';
import { createUser } from '../src/lib/auth/users.ts';
import { createConnection, listConnections, updateSettings } from '../src/lib/connections/connections.ts';
import { globalDb } from '../src/lib/platform/db/database.ts';
import { tenants } from '../src/lib/tenancy/schema.ts';
import { createTenant, findTenant, type NewTenant } from '../src/lib/tenancy/tenants.ts';

export const demoPassword = 'tributary-demo';
export const staffEmail = 'staff@tributary.test';

const demoTenants: (NewTenant & { slug: DemoSlug })[] = [
  { slug: 'summit', name: 'Summit Home Services', timeZone: 'America/Denver', currency: 'USD', accent: '#0f766e' },
  { slug: 'harbor', name: 'Harbor Fitness Group', timeZone: 'America/New_York', currency: 'USD', accent: '#1d4ed8' },
  { slug: 'juniper', name: 'Juniper Tea Rooms', timeZone: 'America/Los_Angeles', currency: 'USD', accent: '#7c3aed' },
];

/** Whether the database holds no tenant yet. */
export async function isEmpty(): Promise<boolean> {
  const [row] = await globalDb().select({ count: sql<number>`count(*)::int` }).from(tenants);
  return row?.count === 0;
}

/** Whether this database is one that `createDemo` filled. */
export async function isDemo(): Promise<boolean> {
  const found = await Promise.all(demoTenants.map(({ slug }) => findTenant(slug)));
  return found.every((tenant) => tenant !== undefined);
}

/** Three tenants with their people and their sandbox accounts. Never called in production. */
export async function createDemo(baseUrl: string): Promise<void> {
  for (const input of demoTenants) {
    const tenant = await createTenant(input);
    await createUser({ email: `admin@${input.slug}.test`, name: `${input.name} admin`, password: demoPassword, tenantSlug: input.slug, role: 'admin' });
    await createUser({ email: `viewer@${input.slug}.test`, name: `${input.name} viewer`, password: demoPassword, tenantSlug: input.slug, role: 'viewer' });
    const { webKey, accessToken } = demoAccounts[input.slug];
    await createConnection({ tenantId: tenant.id, provider: 'clienttether', settings: { baseUrl }, secrets: { webKey, accessToken } });
  }
  await createUser({ email: staffEmail, name: 'Agency staff', password: demoPassword, staff: true });
}

/** Points the demo's connections at the sandbox, which may have had to take another port. */
export async function pointDemoAt(baseUrl: string): Promise<void> {
  for (const { slug } of demoTenants) {
    const tenant = await findTenant(slug);
    if (tenant === undefined) continue;
    for (const connection of await listConnections(tenant.id)) {
      const settings = connection.settings as Record<string, unknown>;
      if (String(settings['baseUrl']).startsWith('http://127.0.0.1:')) await updateSettings(tenant.id, connection.id, { ...settings, baseUrl });
    }
  }
}
