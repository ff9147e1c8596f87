/*
 * Two workspaces whose systems hold the same person, next to others, and what else of the person
 * comes to be stored: published reports, pushes, corrections, jobs.
 */
import { randomUUID } from 'node:crypto';
import { inflateSync } from 'node:zlib';
import { rowsAccount, startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { createConnection } from '#lib/connections/connections.ts';
import { syncConnection } from '#lib/ingest/sync-connection.ts';
import type { TestDatabase } from '../helpers/database.ts';
import { client, opportunity } from '../helpers/rows.ts';
import { createWorkspace, type Workspace } from '../helpers/workspace.ts';

export const person = {
  first: 'Zephyrine',
  last: 'Quillfeather',
  name: 'Zephyrine Quillfeather',
  email: 'zephyrine@quillfeather-canary.example',
  phone: '303-555-0187',
};

const now = Date.now();
/** A time some days from now, as the source writes it. */
const inDays = (days: number): string =>
  new Date(now + days * 86_400_000).toISOString().slice(0, 19).replace('T', ' ');
const partner = {
  clientId: 'partner-app',
  clientSecret: 'partner-secret-0123',
  refreshToken: 'partner-consent-0123',
};

const accountOf = (name: string) =>
  rowsAccount({
    name,
    webKey: `CT_${name}`,
    accessToken: `token-${name}-0123`,
    rows: {
      clients: [
        client(1, {
          firstName: person.first,
          lastName: person.last,
          email: person.email.toUpperCase(),
          phone: person.phone,
          whiteboard: `${person.name} wants three units`,
        }),
        client(2, { whiteboard: `Was sent here by ${person.email}, call (303) 555 0187` }),
        client(3),
      ],
      opportunities: [
        opportunity(1, { firstName: person.first, lastName: person.last, deal_size: '70000' }),
        opportunity(2),
      ],
      notes: [
        {
          id: '11',
          contact_id: '1',
          content: `Spoke to ${person.first}`,
          date: '2026-11-01 10:00:00',
        },
        {
          id: '12',
          contact_id: '2',
          content: `Knows ${person.name} well`,
          date: '2026-11-02 10:00:00',
        },
      ],
      activities: [
        {
          id: '21',
          type: 'Call',
          scheduled_at: inDays(2),
          contact_name: person.name,
          description: 'FDD',
          status: 'Scheduled',
        },
      ],
      events: [
        {
          event_id: '31',
          event_type: 'appt',
          title: `Meet ${person.name}`,
          start_date: inDays(3),
          end_date: inDays(3.1),
          client_id: '1',
          client_name: person.name,
          status: 'Scheduled',
        },
      ],
    },
  });

export interface PrivacyStage {
  sandbox: Sandbox;
  one: Workspace;
  other: Workspace;
  partnerId: string;
}

export async function openStage(): Promise<PrivacyStage> {
  const sandbox = await startSandbox({
    accounts: [accountOf('one'), accountOf('other')],
    partners: [
      { name: 'partner', label: 'P', ...partner, seed: 'p', referrals: 5, countedOn: now },
    ],
    now,
  });
  sandbox.partnerCenter.mutate('partner', {
    changes: [
      {
        op: 'add',
        row: {
          name: `Migration for ${person.name}`,
          customerProfile: {
            name: 'Quill Works',
            team: [
              {
                firstName: person.first,
                lastName: person.last,
                email: person.email,
                phoneNumber: '+1 (303) 555-0187',
              },
            ],
          },
          details: { dealValue: 12_000, currency: 'USD' },
        },
      },
    ],
  });
  const one = await createWorkspace(sandbox, 'one');
  const other = await createWorkspace(sandbox, 'other');
  const { baseUrl, loginUrl } = sandbox.partnerCenter;
  const { clientId, ...secrets } = partner;
  const { id: partnerId } = await createConnection({
    tenantId: one.tenant.id,
    provider: 'partner-center',
    settings: { baseUrl, loginUrl, clientId },
    secrets,
  });
  for (const workspace of [one, other]) await syncAll(workspace);
  await syncConnection({ tenantId: one.tenant.id, connectionId: partnerId, trigger: 'cli' });
  return { sandbox, one, other, partnerId };
}

export const syncAll = ({ tenant, connection }: Workspace) =>
  syncConnection({ tenantId: tenant.id, connectionId: connection.id, trigger: 'cli' });

/** Rows of the person in tables that no sync writes. */
export async function addTraces(
  db: TestDatabase,
  { tenant, connection }: Workspace,
): Promise<void> {
  const { id: tenantId } = tenant;
  const [lead] = await db.query<{ id: string; other: string }>(
    `select a.id, b.id as other from leads a, leads b
     where a.tenant_id = $1 and a.external_id = '1' and b.tenant_id = $1 and b.external_id = '2'`,
    [tenantId],
  );
  const of = { tenantId, lead: lead?.id, other: lead?.other, connection: connection.id };
  const mention = `${person.name} <${person.email}> ${person.phone}`;
  const insert = (text: string, values: unknown[]) => db.query(text, values);
  const push = randomUUID();
  await insert(
    `insert into reports (tenant_id, title, page, period, html, published_by, publisher_name)
     values ($1, 'Leads', 'leads', 'all', $2, $3, 'Ann')`,
    [
      tenantId,
      `<td>${person.name}</td><td>${person.email}</td><td>${person.phone}</td>`,
      randomUUID(),
    ],
  );
  await insert(
    `insert into saved_views (tenant_id, page, name, query, created_by)
     values ($1, 'leads', $2, $3, $4)`,
    [tenantId, mention, `q=${encodeURIComponent(person.email)}&sort=score`, randomUUID()],
  );
  await insert(
    `insert into pushes (tenant_id, id, connection_id, lead_id, state, error_message, base)
     values ($1, $2, $3, $4, 'failed', $5, $6)`,
    [tenantId, push, of.connection, of.lead, mention, { emailaddress1: person.email }],
  );
  await insert(
    `insert into push_events (tenant_id, push_id, attempt, step, path, request, outcome, message)
     values ($1, $2, 1, 'lead', $3, $4, 'failed', $5)`,
    [tenantId, push, `/leads?$filter=${encodeURIComponent(person.email)}`, { a: mention }, mention],
  );
  await insert(
    `insert into push_conflicts (tenant_id, push_id, field, ours, theirs)
     values ($1, $2, 'fullname', $3, $3)`,
    [tenantId, push, person.name],
  );
  await insert(
    `insert into lead_overrides (tenant_id, lead_id, field, value, source_value)
     values ($1, $2, 'summary', $3, $3)`,
    [tenantId, of.other, mention],
  );
  await insert(
    `insert into write_backs (tenant_id, connection_id, stream, external_id, before, wanted, message)
     values ($1, $2, 'referrals', 'x', $3, $3, $4)`,
    [tenantId, of.connection, { name: person.name }, mention],
  );
  await insert(
    `insert into dead_letters (tenant_id, job, subject, payload, kind, reason, note)
     values ($1, 'request-pushes', 'x', $2, 'k', $3, $3)`,
    [tenantId, { query: `q=${person.email}` }, mention],
  );
  await insert(
    `insert into record_errors (tenant_id, connection_id, stream, item_key, run_id, snapshot_id,
       item_index, reason, payload, correction, note)
     values ($1, $2, 'clients', '1', $3, $3, 0, $4, $4, $5, $4)`,
    [tenantId, of.connection, randomUUID(), mention, { email: person.email }],
  );
  await insert(`insert into pgboss.job (name, data, output) values ('request-pushes', $1, $2)`, [
    { tenantId, query: `q=${person.email}` },
    { message: mention },
  ]);
}

const patterns = [
  person.email,
  encodeURIComponent(person.email),
  person.first,
  person.last,
  '555.{0,3}0187',
].map((text) => new RegExp(text.replaceAll('.example', '\\.example'), 'i'));

/** Every place of a workspace, in any column of any table, that still names the person. */
export async function findTraces(db: TestDatabase, tenantId: string): Promise<string[]> {
  const tables = await db.query<{ schema: string; name: string; own: boolean }>(`
    select n.nspname as schema, c.relname as name, exists (select from pg_attribute a
      where a.attrelid = c.oid and a.attname = 'tenant_id') as own
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname in ('public', 'pgboss') and c.relkind = 'r' order by 1, 2`);
  const found: string[] = [];
  for (const { schema, name, own } of tables) {
    const rows = await db.query<{ row: string }>(
      `select to_jsonb(t)::text as row from "${schema}"."${name}" t
       ${own ? 'where tenant_id = $1' : 'where to_jsonb(t)::text like $1'}`,
      [own ? tenantId : `%${tenantId}%`],
    );
    for (const { row } of rows)
      if (patterns.some((pattern) => pattern.test(row))) found.push(`${name}: ${row}`);
  }
  const bodies = await db.query<{ compressed: Buffer }>(
    'select compressed from raw_bodies where tenant_id = $1',
    [tenantId],
  );
  for (const { compressed } of bodies) {
    const text = inflateSync(compressed).toString();
    if (patterns.some((pattern) => pattern.test(text))) found.push(`raw_bodies: ${text}`);
  }
  return found;
}
