import { randomUUID } from 'node:crypto';
import { rowsAccount, type AccountSpec, type Sandbox } from '../../sandbox/index.ts';
import type { Role } from '#lib/identity/auth/access.ts';
import { createConnection } from '../../src/lib/connections/connections.ts';
import { createUser } from '#lib/identity/auth/users.ts';
import { createTenant, type Tenant } from '#lib/identity/tenancy/tenants.ts';
import type { TestDatabase } from '../helpers/database.ts';
import { client, opportunity } from '../helpers/rows.ts';
import { password } from '../helpers/web.ts';
import { addInvitation } from './world.ts';

/**
 * Stands in every canary of both workspaces: searching for it finds rows of one's own, and must
 * find no others.
 */
export const common = 'Vorlqa';

/** A workspace all of whose rows carry its name in every field. */
export interface Nest {
  /** The slug, and the mark in every canary. */
  mark: string;
  tenant: Tenant;
  secrets: string[];
  report: string;
  invitation: string;
  owner: string;
}

/** Roles in the workspace, and who has them. */
export const crew: (Exclude<Role, 'staff'> | 'staff')[] = ['viewer', 'member', 'admin', 'staff'];
export const mailIn = (mark: string, role: Role): string =>
  `${common}-${mark}-${role}@example.com`.toLowerCase();

const canary = (mark: string, field: string, index: number | string = ''): string =>
  `${common}-${mark}-${field}-${index}`;
const secretsOf = (mark: string) => ({
  webKey: `CT${common}${mark}Webkey`,
  accessToken: `${common}+${mark}/accessToken==`,
});
const many = <Row>(count: number, row: (index: number) => Row): Row[] =>
  Array.from({ length: count }, (_, index) => row(index));
const soon = (hours: number): string =>
  new Date(Date.now() + hours * 3_600_000).toISOString().slice(0, 19).replace('T', ' ');

/** An account whose every text is a canary, one record that cannot be read among them. */
export function canaryAccount(mark: string, firstAmount: number): AccountSpec {
  const say = (field: string, index?: number) => canary(mark, field, index);
  const person = (index: number) => ({
    firstName: say('first', index),
    lastName: say('last', index),
    compName: say('company', index),
  });
  const clients = many(70, (index) =>
    client(1 + index, {
      ...person(index),
      email: `${say('email', index)}@example.com`,
      phone: say('phone', index),
      address: say('address', index),
      city: say('city', index),
      state: say('state', index),
      zip: say('zip', index),
      whiteboard: `<b>${say('board', index)}</b>`,
      clients_sales_cycle: say('stage', index % 3),
      clients_lead_source: say('source', index % 3),
      assigned_user: say('owner', index),
      deal_size: String(firstAmount + index),
    }),
  );
  const broken = client(900, {
    ...person(900),
    whiteboard: `${say('broken')}\u0000`,
  });
  const opportunities = many(60, (index) =>
    opportunity(500 + index, {
      ...person(index),
      contact_sales_cycle: say('stage', index % 3),
      contact_lead_source: say('source', index % 3),
      market: say('market', index % 3),
      deal_size: String(firstAmount + index),
    }),
  );
  const notes = many(60, (index) => ({
    id: String(9000 + index),
    contact_id: String(1 + index),
    date: '2026-05-01 12:00:00',
    author: say('author', index),
    content: `<p>${say('note', index)}</p>`,
  }));
  const activities = many(8, (index) => ({
    id: String(7000 + index),
    type: say('type', index),
    scheduled_at: soon(30 + index),
    contact_name: say('contact', index),
    description: say('activity', index),
    status: say('status', index),
  }));
  const events = many(3, (index) => ({
    event_id: String(8000 + index),
    event_type: 'appt',
    title: say('title', index),
    start_date: soon(50 + index),
    client_name: say('guest', index),
    description: say('event', index),
    status: say('status', index),
  }));
  const lookups = {
    salesCycles: many(3, (index) => say('stage', index)),
    leadSources: many(3, (index) => say('source', index)),
  };
  return rowsAccount({
    name: mark,
    ...secretsOf(mark),
    lookups,
    rows: { clients: [...clients, broken], opportunities, notes, activities, events },
  });
}

/** The workspace with its connection, people, a report and an invitation; not synced yet. */
export async function buildNest(db: TestDatabase, sandbox: Sandbox, mark: string): Promise<Nest> {
  const tenant = await createTenant({ slug: mark, name: canary(mark, 'workspace') });
  const secrets = secretsOf(mark);
  await createConnection({
    tenantId: tenant.id,
    provider: 'clienttether',
    label: canary(mark, 'label'),
    settings: { baseUrl: sandbox.clienttether.baseUrl },
    secrets,
  });
  for (const role of crew) {
    const place = role === 'staff' ? { staff: [mark] } : { tenantSlug: mark, role };
    await createUser({
      email: mailIn(mark, role),
      name: canary(mark, 'user', role),
      password,
      ...place,
    });
  }
  const { user } = await createUser({
    email: `${canary(mark, 'boss').toLowerCase()}@example.com`,
    name: canary(mark, 'boss'),
    password,
    tenantSlug: mark,
    role: 'admin',
  });
  const [report] = await db.query<{ id: string }>(
    `insert into reports (tenant_id, id, title, page, period, html, published_by, publisher_name)
     values ($1, $2, $3, 'leads', 'All time', $4, $5, $6)
     returning id`,
    [
      tenant.id,
      randomUUID(),
      canary(mark, 'report'),
      `<p>${canary(mark, 'html')}</p>`,
      user.id,
      canary(mark, 'boss'),
    ],
  );
  return {
    mark,
    tenant,
    secrets: Object.values(secrets),
    report: report?.id ?? '',
    invitation: await addInvitation(db, tenant.id, user.id),
    owner: user.id,
  };
}

/** Every id of the workspace's rows and of its people. */
export async function idsOf(db: TestDatabase, { tenant }: Nest): Promise<Set<string>> {
  const tables = await db.query<{ name: string }>(
    `select table_name as name
     from information_schema.columns
     join information_schema.tables using (table_schema, table_name)
     where table_schema = 'public' and table_type = 'BASE TABLE'
       and column_name in ('tenant_id', 'id') and data_type = 'uuid'
     group by 1
     having count(*) = 2`,
  );
  const found = new Set<string>([tenant.id]);
  for (const { name } of tables)
    for (const { id } of await db.query<{ id: string }>(
      `select id from ${name} where tenant_id = $1`,
      [tenant.id],
    ))
      found.add(id);
  for (const { id } of await db.query<{ id: string }>(
    `select user_id as id
     from memberships
     where tenant_id = $1
     union
     select user_id
     from staff_grants
     where tenant_id = $1`,
    [tenant.id],
  ))
    found.add(id);
  return found;
}
