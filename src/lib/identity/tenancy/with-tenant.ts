import { sql, type SQL } from 'drizzle-orm';
import { PgDialect } from 'drizzle-orm/pg-core';
import type pg from 'pg';
import { globalDb } from '../../platform/db/database.ts';
import { isId } from '../../platform/id.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { readOnly } from '../../platform/db/read-only.ts';
import { readFromReplica } from '../../platform/db/replica.ts';
import { retryOnDbOutage } from '../../platform/db/retry.ts';

/**
 * The only access to tenant tables: runs a transaction that row-level security binds to `tenantId`.
 * The setting ends with the transaction, so a pooled connection never keeps it. Never await the
 * network inside.
 */
export function withTenant<T>(tenantId: string, fn: (tx: Tx) => Promise<T>): Promise<T> {
  const setting = sql.raw(bindTo(tenantId));
  return globalDb().transaction(async (tx) => {
    await tx.execute(setting);
    return fn(tx);
  });
}

/**
 * Runs a part of a transaction for another tenant, then goes on for the one before, so that what
 * concerns two workspaces happens in both or in neither. Let errors of `fn` end the transaction:
 * it stays bound to the other tenant.
 */
export async function inTenant<T>(tx: Tx, tenantId: string, fn: () => Promise<T>): Promise<T> {
  const { rows } = await tx.execute<{ id: string }>(
    sql`select current_setting('app.tenant_id') as id`,
  );
  await tx.execute(sql.raw(bindTo(tenantId)));
  const result = await fn();
  await tx.execute(sql.raw(bindTo(rows[0]?.id ?? '')));
  return result;
}

/**
 * As `withTenant`, but outlasts a restart of the database: the transaction is repeated for up to a
 * minute while the database is away, so `fn` must bear being run twice.
 */
export function retryInTenant<T>(tenantId: string, fn: (tx: Tx) => Promise<T>): Promise<T> {
  return retryOnDbOutage(() => withTenant(tenantId, fn));
}

export interface ReadOptions {
  /**
   * Whether the data may be some seconds old, so that a replica can be read. True for synced data,
   * false for what the visitor may just have changed and for the state of syncs.
   */
  mayLag?: boolean;
}

/**
 * Like `withTenant`, but read-only and with one snapshot for all queries, so that figures and rows
 * agree. Queries that `fn` runs at once (`Promise.all`) cost one round trip. `fn` may run twice.
 */
export function readTenant<T>(
  tenantId: string,
  fn: (tx: Tx) => Promise<T>,
  { mayLag = false }: ReadOptions = {},
): Promise<T> {
  const setting = bindTo(tenantId);
  return mayLag
    ? readFromReplica((db) => readOnly(db, setting, fn))
    : readOnly(globalDb(), setting, fn);
}

/** Stands for the tenant in the text of a statement; no SQL of ours contains it. */
const marker = '$tenant$';

/**
 * Defines what every page reads of its tenant: one statement that contains no other value, on
 * current data. Returns a function that takes the id of a tenant and gives the rows. The text is
 * put together once, and sent in one message with what binds it to the tenant, as a transaction of
 * its own (https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-MULTI-STATEMENT).
 */
export function defineTenantQuery<Row extends object>(
  build: (tenant: SQL) => SQL,
): (tenantId: string) => Promise<Row[]> {
  const read = defineTenantsQuery<Row>(build);
  return async (tenantId) => (await read([tenantId])).get(tenantId) ?? [];
}

/** So many tenants are read with one message. */
const tenantsAtOnce = 100;

/**
 * Like `defineTenantQuery`, for what goes through all tenants: gives the rows of each, by its id.
 * The message binds the transaction to one tenant after the other, so that row-level security shows
 * each statement its own tenant, and a hundred of them cost one round trip.
 */
export function defineTenantsQuery<Row extends object>(
  build: (tenant: SQL) => SQL,
): (tenantIds: readonly string[]) => Promise<Map<string, Row[]>> {
  const { sql: text, params } = new PgDialect().sqlToQuery(build(sql.raw(marker)));
  if (params.length > 0) throw new Error('The statement contains a value besides the tenant');
  return async (tenantIds) => {
    const found = new Map<string, Row[]>();
    for (let start = 0; start < tenantIds.length; start += tenantsAtOnce) {
      const ids = tenantIds.slice(start, start + tenantsAtOnce);
      const statements = ids.flatMap((id) => [
        bindTo(id),
        text.replaceAll(marker, () => `'${id}'`),
      ]);
      const results: unknown = await globalDb().$client.query(
        ['set transaction read only', ...statements].join('; '),
      );
      // One result for each statement; each id has two, the second of which is its rows.
      for (const [place, id] of ids.entries())
        found.set(id, (results as pg.QueryResult<Row>[])[2 * place + 2]?.rows ?? []);
    }
    return found;
  };
}

/** The statement that binds a transaction to a tenant. */
function bindTo(tenantId: string): string {
  if (!isId(tenantId)) throw new Error('withTenant needs the id of a tenant');
  return `set local app.tenant_id = '${tenantId}'`;
}
