import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { archiveTenant, getTenantBySlug } from '#lib/identity/tenancy/archive.ts';
import { createUser } from '#lib/identity/auth/users.ts';
import { findTenant } from '#lib/identity/tenancy/tenants.ts';
import { eraseWorkspace } from '#lib/privacy/workspace/erase.ts';
import { useDatabase } from '../helpers/database.ts';
import { allowForLoad } from '../helpers/patience.ts';
import { addTraces, findTraces, openStage, type PrivacyStage } from './stage.ts';

allowForLoad();
const db = useDatabase();
let stage: PrivacyStage;

beforeAll(async () => {
  stage = await openStage();
  await addTraces(db, stage.one);
  await addTraces(db, stage.other);
  await createUser({ email: 'sole@one.test', tenantSlug: 'one', role: 'admin' });
  const { user } = await createUser({ email: 'both@one.test', tenantSlug: 'one', role: 'viewer' });
  await db.query(`insert into memberships (tenant_id, user_id, role) values ($1, $2, 'viewer')`, [
    stage.other.tenant.id,
    user.id,
  ]);
});
afterAll(() => stage.sandbox.close());

/** How many rows name the workspace, by table; the audit log keeps its own time. */
async function countRows(tenantId: string): Promise<Record<string, number>> {
  const tables = await db.query<{ name: string }>(`
    select c.relname as name from pg_class c join pg_attribute a on a.attrelid = c.oid
    where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and a.attname = 'tenant_id'
      and c.relname <> 'audit_events' order by 1`);
  const counts: Record<string, number> = {};
  for (const { name } of tables) {
    const [row] = await db.query<{ rows: number }>(
      `select count(*)::int as rows from "${name}" where tenant_id = $1`,
      [tenantId],
    );
    if (row !== undefined && row.rows > 0) counts[name] = row.rows;
  }
  return counts;
}

const once = { confirm: 'one', graceDays: 0 };

describe('the end of a workspace', () => {
  it('needs that it is archived, for a while, and its slug', async () => {
    await expect(eraseWorkspace(await getTenantBySlug('one'), once)).rejects.toMatchObject({
      code: 'conflict',
    });
    await archiveTenant(await getTenantBySlug('one'), true);
    expect(await findTenant('one')).toBeUndefined();
    const archived = await getTenantBySlug('one');
    await expect(eraseWorkspace(archived, { confirm: 'one', graceDays: 30 })).rejects.toMatchObject(
      { code: 'conflict' },
    );
    await expect(
      eraseWorkspace(archived, { confirm: 'other', graceDays: 0 }),
    ).rejects.toMatchObject({ code: 'bad_request' });
    await archiveTenant(archived, false);
    expect(await findTenant('one')).toBeDefined();
    await archiveTenant(archived, true);
  });

  it('leaves nothing of it, and everything of the others', async () => {
    const { one, other } = stage;
    const before = await countRows(other.tenant.id);
    const traces = await findTraces(db, other.tenant.id);
    const erased = await eraseWorkspace(await getTenantBySlug('one'), once);
    expect(erased.deleted).toMatchObject({ leads: 3, connections: 2, reports: 1 });
    expect(erased.soleMembers).toEqual(['sole@one.test']);
    expect(await countRows(one.tenant.id)).toEqual({});
    expect(await findTraces(db, one.tenant.id)).toEqual([]);
    expect(await countRows(other.tenant.id)).toEqual(before);
    expect(await findTraces(db, other.tenant.id)).toEqual(traces);
    await expect(getTenantBySlug('one')).rejects.toMatchObject({ code: 'not_found' });
    const [event] = await db.query(
      `select target_label, tenant_id from audit_events where action = 'workspace.erased'`,
    );
    expect(event).toEqual({ target_label: 'one', tenant_id: null });
  });
});
