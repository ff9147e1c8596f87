import { sql } from 'drizzle-orm';
import { endSharing } from '../../connections/sharing/end.ts';
import { deleteTenant, listSoleMembers } from '../../identity/tenancy/archive.ts';
import type { Tenant } from '../../identity/tenancy/tenants.ts';
import { retryInTenant } from '../../identity/tenancy/with-tenant.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { Problem } from '../../platform/errors.ts';

/** Rows that one transaction deletes. */
const batchSize = 2_000;
const day = 24 * 3_600_000;

/** What an erased workspace held, in rows by table, and who had no other workspace. */
export interface ErasedWorkspace {
  deleted: Record<string, number>;
  soleMembers: string[];
}

/**
 * Deletes a workspace for good: every row of every table, secrets and responses included, then the
 * workspace itself. It goes in small transactions, so that it holds up nobody else, and can be
 * started again when it was interrupted. Accounts stay. Throws Problem: `bad_request` when the slug
 * is not confirmed, `conflict` when the workspace is not archived, or not for `graceDays` yet.
 */
export async function eraseWorkspace(
  tenant: Tenant,
  { confirm, graceDays }: { confirm: string; graceDays: number },
): Promise<ErasedWorkspace> {
  assertErasable(tenant, confirm, graceDays);
  const soleMembers = await listSoleMembers(tenant.id);
  const deleted: Record<string, number> = {};
  await endSharing(tenant.id);
  await deleteAlerts(tenant.id);
  for (const table of await retryInTenant(tenant.id, selectTables)) {
    const rows = await deleteAll(tenant.id, table);
    if (rows > 0) deleted[table] = rows;
  }
  await deleteTenant(tenant, deleted);
  return { deleted, soleMembers };
}

function assertErasable({ slug, archivedAt }: Tenant, confirm: string, graceDays: number): void {
  if (confirm !== slug)
    throw new Problem('bad_request', `Nothing was erased. Confirm with the slug: "${slug}".`);
  if (archivedAt === null)
    throw new Problem('conflict', 'Archive the workspace first (tenant archive).');
  const due = new Date(archivedAt.getTime() + graceDays * day);
  if (due > new Date())
    throw new Problem(
      'conflict',
      `The workspace was archived less than ${graceDays} days ago. It can be erased from ` +
        `${due.toISOString()} on, or with fewer --grace-days.`,
    );
}

/** Connections near the end, because everything goes with them; bodies when nothing names them. */
const last = ['raw_snapshots', 'connections', 'raw_bodies'];

async function selectTables(tx: Tx): Promise<string[]> {
  const { rows } = await tx.execute<{ name: string }>(sql`
    select c.relname as name from pg_class as c
    where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and c.relrowsecurity
      and has_table_privilege(c.oid, 'delete') and exists (select from pg_attribute as a
        where a.attrelid = c.oid and a.attname = 'tenant_id') order by c.relname`);
  const names = rows.map(({ name }) => name);
  return [...names.filter((name) => !last.includes(name)), ...last];
}

async function deleteAll(tenantId: string, table: string): Promise<number> {
  const name = sql.identifier(table);
  for (let deleted = 0; ;) {
    const rows = await retryInTenant(tenantId, async (tx) => {
      const result = await tx.execute(sql`
        delete from ${name} where tenant_id = ${tenantId} and ctid = any(array(
          select ctid from ${name} where tenant_id = ${tenantId} limit ${batchSize}))`);
      return result.rowCount ?? 0;
    });
    deleted += rows;
    if (rows === 0) return deleted;
  }
}

/** Alerts and jobs belong to the installation, and name the workspace or its connections. */
async function deleteAlerts(tenantId: string): Promise<void> {
  await retryInTenant(tenantId, async (tx) => {
    await tx.execute(sql`
      delete from alerts where subject = ${`tenant:${tenantId}`}
        or exists (select from connections as c where c.tenant_id = ${tenantId}
          and (subject = 'connection:' || c.id or subject like 'stream:' || c.id || '/%'))`);
    await tx.execute(sql`delete from pgboss.job where data ->> 'tenantId' = ${tenantId}`);
  });
}
