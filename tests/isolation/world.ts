import { randomUUID } from 'node:crypto';
import type { Role } from '#lib/identity/auth/access.ts';
import { createConnection } from '../../src/lib/connections/connections.ts';
import { createUser } from '#lib/identity/auth/users.ts';
import { createTenant, type Tenant } from '#lib/identity/tenancy/tenants.ts';
import type { TestDatabase } from '../helpers/database.ts';
import { password, startWeb, type Web, type WebClient } from '../helpers/web.ts';

/**
 * Two workspaces, and one that does not exist. Equally long, so that answers about them are, too;
 * words of no page.
 */
export const slugs = ['alpha', 'bravo', 'omega'] as const;
export type Slug = (typeof slugs)[number];

/** Everybody who asks, with the role that they have in each workspace. */
export const actors: Record<string, Partial<Record<Slug, Role>> | null> = {
  'signed out': null,
  viewer: { alpha: 'viewer' },
  member: { alpha: 'member' },
  admin: { alpha: 'admin' },
  staff: { alpha: 'staff', bravo: 'staff' },
  'staff of bravo': { bravo: 'staff' },
  'member of bravo': { bravo: 'member' },
};

/** Rows of one workspace that an address or a form can name. */
interface Belongings {
  tenant: Tenant;
  report: string;
  invitation: string;
  member: string;
  connection: string;
  /** A rejected record and a failed job. */
  record: string;
  job: string;
  referral: string;
  consent: string;
  lead: string;
  push: string;
  erasure: string;
}

export interface World {
  db: TestDatabase;
  web: Web;
  belongings: Record<'alpha' | 'bravo', Belongings>;
  clients: Record<string, WebClient>;
}

export async function openWorld(
  db: TestDatabase,
  env: Record<string, string> = {},
): Promise<World> {
  const belongings = { alpha: await settle(db, 'alpha'), bravo: await settle(db, 'bravo') };
  for (const role of ['viewer', 'member', 'admin'] as const)
    await createUser({ email: mailOf(role), password, tenantSlug: 'alpha', role });
  await createUser({ email: mailOf('staff'), password, staff: true });
  await createUser({ email: mailOf('staff of bravo'), password, staff: ['bravo'] });
  await createUser({
    email: mailOf('member of bravo'),
    password,
    tenantSlug: 'bravo',
    role: 'member',
  });
  const web = await startWeb(db.url, env);
  const clients: World['clients'] = {};
  for (const [name, roles] of Object.entries(actors))
    clients[name] = roles === null ? web.visitor() : await web.signIn(mailOf(name));
  return { db, web, belongings, clients };
}

/** Without the name of any workspace, which is looked for in answers. */
export const mailOf = (actor: string): string =>
  `person-${Object.keys(actors).indexOf(actor)}@people.test`;

async function settle(db: TestDatabase, slug: 'alpha' | 'bravo'): Promise<Belongings> {
  const tenant = await createTenant({ slug, name: `Workspace ${slug}` });
  const { id: connection } = await createConnection({
    tenantId: tenant.id,
    provider: 'clienttether',
    settings: { baseUrl: 'http://127.0.0.1:9/' },
    secrets: { webKey: `key-of-${slug}`, accessToken: `token-of-${slug}` },
  });
  const { user } = await createUser({
    email: `owner@${slug}.test`,
    password,
    tenantSlug: slug,
    role: 'admin',
  });
  const lead = await addLead(db, tenant.id, connection);
  return {
    tenant,
    connection,
    lead,
    erasure: await addErasure(db, tenant.id),
    push: await addPush(db, tenant.id, connection, lead),
    member: user.id,
    record: await addRecordError(db, tenant.id, connection),
    job: await addDeadLetter(db, tenant.id, connection),
    referral: await addReferral(db, tenant.id, connection),
    consent: await addConsent(db, tenant.id),
    report: await addReport(db, tenant.id, user.id),
    invitation: await addInvitation(db, tenant.id, user.id),
  };
}

/** The receipt of somebody who was erased. */
export async function addErasure(db: TestDatabase, tenantId: string): Promise<string> {
  const [row] = await db.query<{ id: string }>(
    `insert into erasures (tenant_id, id, sought_by, requested_by_name, state, finished_at)
     values ($1, $2, 'email', 'owner', 'done', now())
     returning id`,
    [tenantId, randomUUID()],
  );
  return row?.id ?? '';
}

async function addReport(db: TestDatabase, tenantId: string, userId: string): Promise<string> {
  const [row] = await db.query<{ id: string }>(
    `insert into reports (tenant_id, id, title, page, period, html, published_by, publisher_name)
     values ($1, $2, 'A report', 'leads', 'All time', '<p>Figures</p>', $3, 'Owner')
     returning id`,
    [tenantId, randomUUID(), userId],
  );
  return row?.id ?? '';
}

async function addReferral(
  db: TestDatabase,
  tenantId: string,
  connectionId: string,
): Promise<string> {
  const [row] = await db.query<{ id: string }>(
    `insert into referrals (tenant_id, id, connection_id, provider, stream, external_id,
       content_hash, raw_json, snapshot_id, first_seen_at, changed_at, referral_type, name, status,
       sort_cents)
      values ($1, $2, $3, 'partner-center', 'referrals', 'a-referral', '', '{}', $2, now(), now(),
        'co-sell', 'A deal', 'New', 0)
      returning id`,
    [tenantId, randomUUID(), connectionId],
  );
  return row?.id ?? '';
}

async function addConsent(db: TestDatabase, tenantId: string): Promise<string> {
  const [row] = await db.query<{ id: string }>(
    `insert into device_consents (tenant_id, id, provider, label, key_id, user_code,
       verification_url, interval_seconds, expires_at)
      values ($1, $2, 'partner-center', 'An account', 't1', 'A-CODE',
        'https://microsoft.com/devicelogin', 5, now() + interval '1 hour')
      returning id`,
    [tenantId, randomUUID()],
  );
  return row?.id ?? '';
}

async function addLead(db: TestDatabase, tenantId: string, connectionId: string): Promise<string> {
  const [row] = await db.query<{ id: string }>(
    `insert into leads (tenant_id, id, connection_id, provider, stream, external_id, content_hash,
       raw_json, snapshot_id, first_seen_at, changed_at, name, sort_name, status, qualified,
       sort_cents)
      values ($1, $2, $3, 'clienttether', 'clients', 'a-lead', '', '{}', $2, now(), now(),
        'A lead', 'a lead', 'New', false, 0)
      returning id`,
    [tenantId, randomUUID(), connectionId],
  );
  return row?.id ?? '';
}

/** A push with a conflict that waits for a person. */
async function addPush(
  db: TestDatabase,
  tenantId: string,
  connectionId: string,
  leadId: string,
): Promise<string> {
  const id = randomUUID();
  await db.query(
    `insert into pushes (tenant_id, id, connection_id, lead_id, state, remote_id)
     values ($1, $2, $3, $4, 'conflict', 'a-remote-id')`,
    [tenantId, id, connectionId, leadId],
  );
  await db.query(
    `insert into push_conflicts (tenant_id, id, push_id, field, ours, theirs)
     values ($1, $2, $2, 'companyname', 'Ours', 'Theirs')`,
    [tenantId, id],
  );
  return id;
}

/** A rejected record; the response that contained it was never kept. */
export async function addRecordError(
  db: TestDatabase,
  tenantId: string,
  connectionId: string,
): Promise<string> {
  const [row] = await db.query<{ id: string }>(
    `insert into record_errors (tenant_id, id, connection_id, stream, item_key, run_id, snapshot_id,
       item_index, reason, payload)
     values ($1, $2, $3, 'clients', $4, $2, $2, 0, 'A reason.', '{}')
     returning id`,
    [tenantId, randomUUID(), connectionId, randomUUID()],
  );
  return row?.id ?? '';
}

/** A failed job. */
export async function addDeadLetter(
  db: TestDatabase,
  tenantId: string,
  connectionId: string,
): Promise<string> {
  const payload = {
    tenantId,
    connectionId,
    stream: 'clients',
    kind: 'mapping',
    after: null,
    requestedBy: null,
  };
  const [row] = await db.query<{ id: string }>(
    `insert into dead_letters (tenant_id, id, job, subject, connection_id, payload, kind, reason)
     values ($1, $2::uuid, 'retry-records', $2::uuid::text, $3, $4, 'failed', 'A reason.')
     returning id`,
    [tenantId, randomUUID(), connectionId, payload],
  );
  return row?.id ?? '';
}

/** An open invitation, made past the application so that no mail is sent. */
export async function addInvitation(
  db: TestDatabase,
  tenantId: string,
  inviterId: string,
): Promise<string> {
  const [row] = await db.query<{ id: string }>(
    `insert into invitations (id, tenant_id, email, role, status, expires_at, inviter_id)
     values ($1, $2, $3, 'viewer', 'pending', now() + interval '1 day', $4)
     returning id`,
    [randomUUID(), tenantId, `${randomUUID()}@guests.test`, inviterId],
  );
  return row?.id ?? '';
}

/** Somebody to be changed or removed. */
export async function addMember(slug: string): Promise<string> {
  return (
    await createUser({ email: `${randomUUID()}@guests.test`, tenantSlug: slug, role: 'viewer' })
  ).user.id;
}

/** A digest of everything that an action could change. */
export async function stateOf(db: TestDatabase): Promise<unknown> {
  const tables = [
    'tenants',
    'users',
    'memberships',
    'staff_grants',
    'invitations',
    'reports',
    'connections',
    'credentials',
    'borrowed_authorizations',
    'lent_authorizations',
    'sync_runs',
    'record_errors',
    'dead_letters',
    'pushes',
    'push_conflicts',
    'push_mappings',
    'stream_mappings',
    'connection_streams',
    'stream_fields',
    'accounts',
    'two_factors',
    'tenant_features',
    'score_models',
    'erasures',
    'record_retention',
    'erasure_marks',
  ];
  const digests = await Promise.all(
    tables.map((table) =>
      db.query(
        `select '${table}' as table, count(*)::int as rows,
           md5(coalesce(string_agg(t::text, ',' order by t::text), '')) as digest
         from ${table} t`,
      ),
    ),
  );
  const [queue] = await db.query<{ exists: boolean }>(
    `select to_regclass('pgboss.job') is not null as exists`,
  );
  const jobs = queue?.exists ? await db.query(`select count(*)::int as jobs from pgboss.job`) : [];
  const active = await db.query(`select user_id, active_tenant_id from sessions order by 1, 2`);
  return { digests, jobs, active };
}
