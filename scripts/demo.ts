import { sql } from 'drizzle-orm';
import {
  demoAccounts,
  demoOrgs,
  demoPartners,
  demoPortals,
  demoSalesforce,
  type DemoSlug,
} from '../sandbox/demo.ts';
import type { Sandbox } from '../sandbox/index.ts';
import { createUser } from '#lib/identity/auth/users.ts';
import {
  createConnection,
  listConnections,
  updateSettings,
  type NewConnection,
} from '../src/lib/connections/connections.ts';
import { getProvider } from '../src/lib/connectors/registry.ts';
import { globalDb } from '../src/lib/platform/db/database.ts';
import { tenants } from '#lib/schema/tenants.ts';
import { setFeature } from '#lib/identity/features.ts';
import { createTenant, findTenant, type NewTenant } from '#lib/identity/tenancy/tenants.ts';

export const demoPassword = 'a tour of three workspaces';
export const staffEmail = 'staff@tributary.test';

const demoTenants: (NewTenant & { slug: DemoSlug })[] = [
  {
    slug: 'summit',
    name: 'Summit Home Services',
    timeZone: 'America/Denver',
    currency: 'USD',
    accent: '#0f766e',
  },
  {
    slug: 'harbor',
    name: 'Harbor Fitness Group',
    timeZone: 'America/New_York',
    currency: 'USD',
    accent: '#1d4ed8',
  },
  {
    slug: 'juniper',
    name: 'Juniper Tea Rooms',
    timeZone: 'America/Los_Angeles',
    currency: 'USD',
    accent: '#7c3aed',
  },
];

/** Whether the database holds no tenant yet. */
export async function isEmpty(): Promise<boolean> {
  const [row] = await globalDb()
    .select({ count: sql<number>`count(*)::int` })
    .from(tenants);
  return row?.count === 0;
}

/** Whether `createDemo` filled this database. */
export async function isDemo(): Promise<boolean> {
  const found = await Promise.all(demoTenants.map(({ slug }) => findTenant(slug)));
  return found.every((tenant) => tenant !== undefined);
}

/** Creates three tenants with users and sandbox accounts. Never called in production. */
export async function createDemo(sandbox: Sandbox): Promise<void> {
  for (const input of demoTenants) {
    const tenant = await createTenant(input);
    // Most of the time goes into hashing passwords, which other threads do.
    await Promise.all([
      createMember(input, 'admin'),
      createMember(input, 'viewer'),
      connectAccounts(tenant.id, input.slug, sandbox),
    ]);
  }
  await createUser({
    email: staffEmail,
    name: 'Agency staff',
    password: demoPassword,
    staff: true,
  });
}

async function createMember({ slug, name }: NewTenant, role: 'admin' | 'viewer'): Promise<void> {
  await createUser({
    email: `${role}@${slug}.test`,
    name: `${name} ${role}`,
    password: demoPassword,
    tenantSlug: slug,
    role,
  });
}

/** Connects a workspace to its accounts, with the features that its CRM needs. */
async function connectAccounts(tenantId: string, slug: DemoSlug, sandbox: Sandbox): Promise<void> {
  const { webKey, accessToken } = demoAccounts[slug];
  await createConnection({
    tenantId,
    provider: 'clienttether',
    settings: { ...getAddresses(sandbox).clienttether },
    secrets: { webKey, accessToken },
  });
  const others = listAccounts(slug, sandbox);
  for (const account of others) await createConnection({ tenantId, ...account });
  if (!others.some(({ provider }) => getProvider(provider).push !== undefined)) return;
  for (const feature of ['lead-engine', 'crm-push'] as const)
    await setFeature(tenantId, feature, true, null);
}

/** The accounts of a workspace at other providers, if it has any. */
function listAccounts(slug: DemoSlug, sandbox: Sandbox): Omit<NewConnection, 'tenantId'>[] {
  const addresses = getAddresses(sandbox);
  const partners = demoPartners()
    .filter(({ name }) => name === slug)
    .map(({ clientId, clientSecret, refreshToken }) => ({
      provider: 'partner-center',
      settings: { ...addresses['partner-center'], clientId },
      secrets: { clientSecret, refreshToken },
    }));
  const orgs = demoOrgs()
    .filter(({ name }) => name === slug)
    .map(({ tenant, clientId, clientSecret }) => ({
      provider: 'dynamics-365',
      settings: { ...addresses['dynamics-365'], tenantId: tenant, clientId },
      secrets: { clientSecret },
    }));
  const salesforce = demoSalesforce()
    .filter(({ name }) => name === slug)
    .map(({ clientId, clientSecret }) => ({
      provider: 'salesforce',
      settings: addresses.salesforce,
      secrets: { clientId, clientSecret },
    }));
  const portals = demoPortals()
    .filter(({ name }) => name === slug)
    .map(({ token }) => ({
      provider: 'hubspot',
      settings: { ...addresses.hubspot },
      secrets: { accessToken: token },
    }));
  return [...partners, ...orgs, ...salesforce, ...portals];
}

/** The settings that contain addresses, by provider. */
function getAddresses({ clienttether, partnerCenter, dynamics365, salesforce, hubspot }: Sandbox) {
  return {
    clienttether: { baseUrl: clienttether.baseUrl },
    'partner-center': {
      baseUrl: partnerCenter.baseUrl,
      loginUrl: partnerCenter.loginUrl,
      webhookUrl: partnerCenter.webhookUrl,
    },
    'dynamics-365': { baseUrl: dynamics365.baseUrl, loginUrl: dynamics365.loginUrl },
    salesforce: { baseUrl: salesforce.baseUrl },
    hubspot: { baseUrl: hubspot.baseUrl },
  };
}

/** Points the demo's connections at the sandbox, whose port may have changed. */
export async function pointDemoAt(sandbox: Sandbox): Promise<void> {
  const addresses: Record<string, Record<string, string>> = getAddresses(sandbox);
  for (const { slug } of demoTenants) {
    const tenant = await findTenant(slug);
    if (tenant === undefined) continue;
    for (const { id, provider, settings } of await listConnections(tenant.id)) {
      const stored = settings as Record<string, unknown>;
      if (String(stored['baseUrl']).startsWith('http://127.0.0.1:'))
        await updateSettings(tenant.id, id, { ...stored, ...addresses[provider] });
    }
  }
}
