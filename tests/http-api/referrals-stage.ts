/*
 * A workspace whose referrals are read from Partner Center, with people who look at them.
 */
import { afterAll, beforeAll, expect } from 'vitest';
import { startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { createUser } from '#lib/identity/auth/users.ts';
import { createConnection } from '#lib/connections/connections.ts';
import { syncConnection } from '#lib/ingest/sync-connection.ts';
import { createTenant } from '#lib/identity/tenancy/tenants.ts';
import { useDatabase } from '../helpers/database.ts';
import { password, startWeb, type Web, type WebClient } from '../helpers/web.ts';

export const db = useDatabase();
const now = Date.UTC(2026, 10, 20, 12);
const timeZone = 'America/Denver';
const credentials = {
  clientId: 'partner-app',
  clientSecret: 'partner-secret-0123',
  refreshToken: 'partner-consent-0123',
};
export let sandbox: Sandbox;
export let web: Web;
export let viewer: WebClient;
export let member: WebClient;
export let stranger: WebClient;
export let tenantId: string;
export let connectionId: string;

beforeAll(async () => {
  sandbox = await startSandbox({
    accounts: [],
    partners: [
      {
        name: 'partner',
        label: 'Partner',
        ...credentials,
        seed: 'partner',
        referrals: 260,
        countedOn: now,
        pageSize: 100,
      },
    ],
    now,
  });
  tenantId = (await createTenant({ slug: 'north', name: 'North', timeZone })).id;
  await createTenant({ slug: 'south', name: 'South' });
  const settings = {
    baseUrl: sandbox.partnerCenter.baseUrl,
    loginUrl: sandbox.partnerCenter.loginUrl,
    clientId: credentials.clientId,
  };
  connectionId = (
    await createConnection({
      tenantId,
      provider: 'partner-center',
      settings,
      secrets: { clientSecret: credentials.clientSecret, refreshToken: credentials.refreshToken },
    })
  ).id;
  expect(await syncConnection({ tenantId, connectionId, trigger: 'cli' })).toMatchObject({
    status: 'success',
  });
  for (const [name, slug, role] of [
    ['viewer', 'north', 'viewer'],
    ['member', 'north', 'member'],
    ['stranger', 'south', 'member'],
  ] as const)
    await createUser({ email: `${name}@${slug}.test`, password, tenantSlug: slug, role });
  web = await startWeb(db.url);
  [viewer, member, stranger] = await Promise.all([
    web.signIn('viewer@north.test'),
    web.signIn('member@north.test'),
    web.signIn('stranger@south.test'),
  ]);
});
afterAll(async () => {
  await web?.stop();
  await sandbox?.close(0);
});

export interface Raw {
  id: string;
  name: string;
  type: string;
  qualification: string;
  status: string;
  createdDateTime: string;
  customerProfile: { team: { email: string }[] };
  inviteContext: { invitedBy: { organizationId: string } | null };
}
export interface List {
  referrals: {
    id: string;
    externalId: string;
    type: string;
    status: string;
    domain: string | null;
    updatedAt: string;
  }[];
  total: number;
  next: string | null;
}

/** What the sandbox holds, with what the documents of Partner Center say that it means. */
export const truth = () =>
  (sandbox.partnerCenter.truth('partner').referrals as unknown as Raw[]).map((raw) => {
    const byPartner = (raw.inviteContext.invitedBy?.organizationId ?? 'msft') !== 'msft';
    const type =
      raw.type === 'Shared' || byPartner
        ? 'co-sell'
        : raw.qualification === 'Direct'
          ? 'marketplace'
          : 'solution-provider';
    const host = raw.customerProfile.team[0]?.email.split('@')[1] ?? '';
    return {
      id: raw.id,
      name: raw.name,
      type,
      status: raw.status,
      domain: host.startsWith('mail.') ? host.slice(5) : null,
      day: new Date(raw.createdDateTime).toLocaleDateString('sv-SE', { timeZone }),
    };
  });
export const idsWhere = (meets: (one: ReturnType<typeof truth>[number]) => boolean) =>
  truth()
    .filter(meets)
    .map(({ id }) => id)
    .toSorted();

/** Follows the cursors to the end. */
export async function all(query: string, limit = 100): Promise<List['referrals']> {
  const found: List['referrals'] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const { status, body }: { status: number; body: List } = await viewer.json<List>(
      `/api/referrals?tenant=north&limit=${limit}&${query}${cursor && `&cursor=${cursor}`}`,
    );
    expect(status).toBe(200);
    found.push(...body.referrals);
    expect(body.referrals.length).toBeLessThanOrEqual(limit);
    cursor = body.next;
  }
  return found;
}
