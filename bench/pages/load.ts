import pg from 'pg';
import { createUser } from '#lib/identity/auth/users.ts';
import { createConnection } from '../../src/lib/connections/connections.ts';
import { closeDatabase } from '../../src/lib/platform/db/database.ts';
import { createTenant } from '#lib/identity/tenancy/tenants.ts';
import type { BenchDatabase, Cluster } from '../kit/cluster.ts';
import { useDatabase } from '../kit/environment.ts';
import { rollupRows, syncHistoryRows } from './rollups.ts';
import { workspaceRows } from './rows.ts';

export const measured = {
  slug: 'measured',
  email: 'viewer@measured.test',
  password: 'only for the benchmark',
};
const otherTenants = 99;
const leadsOfOthers = 200;

interface Ids {
  tenantId: string;
  connectionId: string;
}

/**
 * A database of 100 tenants, in which all but one are small and the measured one is still empty.
 */
export async function fillTemplate(cluster: Cluster): Promise<Ids> {
  await useDatabase(cluster.template.appUrl, cluster.template.superuserUrl);
  const own = await createWorkspace(measured.slug);
  await createUser({
    email: measured.email,
    password: measured.password,
    tenantSlug: measured.slug,
    role: 'viewer',
  });
  const others: Ids[] = [];
  for (let n = 1; n <= otherTenants; n += 1) others.push(await createWorkspace(`other-${n}`));
  await closeDatabase();
  await onSuperuser(cluster.template, async (client) => {
    for (const ids of others) await fillWorkspace(client, ids, leadsOfOthers);
  });
  return own;
}

async function createWorkspace(slug: string): Promise<Ids> {
  const { id: tenantId } = await createTenant({ slug, name: `Workspace ${slug}` });
  const settings = { baseUrl: 'http://127.0.0.1:9/' };
  const { id: connectionId } = await createConnection({
    tenantId,
    provider: 'clienttether',
    settings,
    secrets: { webKey: 'CT_none', accessToken: 'none' },
  });
  return { tenantId, connectionId };
}

/**
 * Fills the measured tenant of a clone with `leads` leads, and brings the planner's statistics up
 * to date.
 */
export async function fillMeasured(
  database: BenchDatabase,
  ids: Ids,
  leads: number,
): Promise<void> {
  await onSuperuser(database, async (client) => {
    const rebuild = await dropIndexes(client);
    await fillWorkspace(client, ids, leads);
    for (const index of rebuild) await client.query(index);
    await client.query('vacuum (analyze)');
    await client.query('checkpoint');
  });
}

/** A new workspace with `leads` leads, whose rows were written with all indexes in place. */
export async function fillWritten(database: BenchDatabase, leads: number): Promise<void> {
  const ids = await createWorkspace('written');
  await onSuperuser(database, (client) => fillWorkspace(client, ids, leads));
}

/** Indexes are built faster than they are kept up to date. Keys stay. */
async function dropIndexes(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string; definition: string }>(`
    select c.relname as name, pg_get_indexdef(i.indexrelid) as definition
    from pg_index i
    join pg_class c on c.oid = i.indexrelid
    join pg_class t on t.oid = i.indrelid
    where t.relnamespace = 'public'::regnamespace and not i.indisunique
      and t.relname in ('leads', 'lead_terms', 'opportunities', 'notes', 'hot_list_items')`);
  for (const { name } of rows) await client.query(`drop index ${name}`);
  return rows.map(({ definition }) => definition);
}

async function fillWorkspace(
  client: pg.Client,
  { tenantId, connectionId }: Ids,
  leads: number,
): Promise<void> {
  for (const statement of workspaceRows(leads))
    await client.query(statement, [tenantId, connectionId]);
  for (const statement of rollupRows) await client.query(statement, [tenantId]);
  for (const statement of syncHistoryRows) await client.query(statement, [tenantId, connectionId]);
}

async function onSuperuser(
  database: BenchDatabase,
  work: (client: pg.Client) => Promise<void>,
): Promise<void> {
  const client = new pg.Client({ connectionString: database.superuserUrl });
  await client.connect();
  try {
    // Without the foreign keys' triggers: the rows are right by construction.
    await client.query(
      `set session_replication_role = replica;
       set maintenance_work_mem = '512MB';
       set work_mem = '128MB'`,
    );
    await work(client);
  } finally {
    await client.end();
  }
}
