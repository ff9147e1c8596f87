import type { TestDatabase } from '../../helpers/database.ts';

/** A workspace with connections that are fresh and not due, past all verbs: alerts look at rows. */
export async function addConnections(db: TestDatabase, slug: string, count = 1): Promise<string[]> {
  const [tenant] = await db.query<{ id: string }>(
    `insert into tenants (slug, name) values ($1, $1) returning id`,
    [slug],
  );
  const rows = await db.query<{ id: string }>(
    `insert into connections (tenant_id, provider, label, due_at)
     select $1, 'clienttether', 'Account ' || n, now() + interval '1 hour'
     from generate_series(1, $2::int) as n
     returning id`,
    [tenant?.id, count],
  );
  return rows.map(({ id }) => id);
}

/** Has the connections ask to be connected again, or takes it back. */
export async function refuse(db: TestDatabase, ids: string[], refused = true): Promise<void> {
  await db.query(
    `update connections
     set status = $2, status_reason = 'The token was refused.'
     where id = any($1)`,
    [ids, refused ? 'needs_reconnect' : 'active'],
  );
}
