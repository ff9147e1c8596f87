import { sql, type SQL } from 'drizzle-orm';
import type { Tx } from '../../platform/db/pool.ts';

/**
 * Tables of a workspace that an export leaves out: secrets, keys and digests, the state of our own
 * machinery, what names other workspaces, and what follows from other tables.
 */
const leftOut = new Set([
  'borrowed_authorizations',
  'circuits',
  'credentials',
  'device_consents',
  'erasure_keys',
  'erasure_marks',
  'lead_terms',
  'lead_words',
  'lent_authorizations',
  'rate_budgets',
  'raw_bodies',
]);

/** A file of the archive: one row on each line, as JSON. */
export interface ExportedTable {
  name: string;
  /** Selects one column `line`. */
  rows: SQL;
}

export interface ExportOptions {
  /** Whether responses are included as they were received. */
  rawBodies: boolean;
}

/**
 * What an export of a workspace consists of. Tables come from the catalogue, so that a new one is
 * exported without being named; columns of bytes are sealed or digests, and left out.
 */
export async function listExportedTables(tx: Tx, tenantId: string): Promise<ExportedTable[]> {
  const { rows } = await tx.execute<{ name: string; bytes: string[] }>(sql`
    select c.relname as name, coalesce(array_agg(a.attname::text)
      filter (where a.atttypid = 'bytea'::regtype), '{}') as bytes
    from pg_class as c join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0
      and not a.attisdropped
    where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and c.relrowsecurity
      and exists (select from pg_attribute as tenant
        where tenant.attrelid = c.oid and tenant.attname = 'tenant_id')
    group by c.relname order by c.relname`);
  const tables = rows
    .filter(({ name }) => !leftOut.has(name))
    .map(({ name, bytes }) => ({ name, rows: selectLines(tenantId, name, bytes) }));
  return [...listIdentity(tenantId), ...tables];
}

function selectLines(tenantId: string, name: string, bytes: readonly string[]): SQL {
  // Digests tell which body a snapshot had; they are the one kind of bytes that means something.
  const digest = bytes.includes('sha256')
    ? sql` || jsonb_build_object('sha256', encode(sha256, 'hex'))`
    : sql``;
  return sql`select ((to_jsonb(t) - ${sql.param(['tenant_id', ...bytes])}::text[])${digest})::text
    as line from ${sql.identifier(name)} as t where tenant_id = ${tenantId}`;
}

/** The workspace itself and its people, of which no password, code or session is a part. */
const listIdentity = (tenantId: string): ExportedTable[] => [
  {
    name: 'workspace',
    rows: sql`select to_jsonb(t)::text as line from tenants as t where id = ${tenantId}`,
  },
  {
    name: 'members',
    rows: sql`
      select jsonb_build_object('name', u.name, 'email', u.email, 'role', m.role,
        'since', m.created_at)::text as line
      from memberships as m join users as u on u.id = m.user_id where m.tenant_id = ${tenantId}
      order by u.email`,
  },
  {
    name: 'invitations',
    rows: sql`
      select jsonb_build_object('email', email, 'role', role, 'status', status,
        'sent_at', created_at, 'expires_at', expires_at)::text as line
      from invitations where tenant_id = ${tenantId} order by email`,
  },
];
