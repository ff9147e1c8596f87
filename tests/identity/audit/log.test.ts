import { sql } from 'drizzle-orm';
import { beforeAll, describe, expect, it } from 'vitest';
import { actAs, noteStaff } from '#lib/identity/audit/context.ts';
import { pruneAudit } from '#lib/identity/audit/prune.ts';
import { changedFields, recordAudit } from '#lib/identity/audit/record.ts';
import { readAllAudit } from '#lib/identity/audit/scope.ts';
import { createTenant } from '#lib/identity/tenancy/tenants.ts';
import { readTenant, withTenant } from '#lib/identity/tenancy/with-tenant.ts';
import { globalDb } from '#lib/platform/db/database.ts';
import { registerSecret } from '#lib/platform/secrets.ts';
import { auditEvents } from '#lib/schema/audit.ts';
import { useDatabase } from '../../helpers/database.ts';

const database = useDatabase();
let summit = '';
let harbor = '';

beforeAll(async () => {
  summit = (await createTenant({ slug: 'summit', name: 'Summit' })).id;
  harbor = (await createTenant({ slug: 'harbor', name: 'Harbor' })).id;
});

const switched = (tenantId: string) => ({ tenantId, action: 'feature.switched' }) as const;
const refusal = async (statement: string) => {
  const error: unknown = await globalDb()
    .transaction((tx) => tx.execute(sql.raw(statement)))
    .catch((caught: unknown) => caught);
  return error instanceof Error && error.cause instanceof Error ? error.cause.message : error;
};

describe('the audit log', () => {
  it('is read by its workspace, added to, and loses old events only, by its policies', async () => {
    const policies = await database.query(
      `select cmd as command, coalesce(qual, with_check) as rule, c.relforcerowsecurity as forced
       from pg_policies join pg_class c on c.oid = tablename::regclass
       where tablename = $1 order by 1`,
      ['audit_events'],
    );
    expect(policies).toEqual([
      { command: 'DELETE', forced: true, rule: expect.stringContaining("'90 days'") },
      { command: 'INSERT', forced: true, rule: expect.stringMatching(/IS NULL.*= \(NULLIF/s) },
      {
        command: 'SELECT',
        forced: true,
        rule: expect.stringMatching(/app\.tenant_id.*OR.*app\.audit_scope.*= 'installation'/s),
      },
    ]);
    const rights = await database.query(
      `select privilege_type as right from information_schema.role_table_grants
       where table_name = $1 and grantee = 'tributary_app' order by 1`,
      ['audit_events'],
    );
    expect(rights.map(({ right }) => right)).toEqual(['INSERT', 'SELECT']);
  });

  it('compares versions field by field, also one that lacks a field', () => {
    expect(changedFields({ a: 1, b: [2], gone: 'x' }, { a: 1, b: [3], fresh: null })).toEqual({
      before: { b: [2], gone: 'x', fresh: null },
      after: { b: [3], gone: null, fresh: null },
    });
  });

  it('can only be added to', async () => {
    await withTenant(summit, (tx) => recordAudit(tx, switched(summit)));
    for (const statement of [
      `update audit_events set action = 'x'`,
      'delete from audit_events',
      'truncate audit_events',
      'drop table audit_events',
      'alter table audit_events disable row level security',
      'drop policy audit_events_read on audit_events',
    ])
      expect(await refusal(statement), statement).toMatch(/permission denied|must be owner/);
  });

  it('shows a workspace its own events, and all of them to who reads for the installation', async () => {
    await withTenant(harbor, (tx) => recordAudit(tx, switched(harbor)));
    await globalDb().transaction((tx) =>
      recordAudit(tx, { tenantId: null, action: 'staff.granted' }),
    );
    const seen = await readTenant(summit, (tx) =>
      tx.selectDistinct({ tenantId: auditEvents.tenantId }).from(auditEvents),
    );
    expect(seen).toEqual([{ tenantId: summit }]);
    expect(await globalDb().select().from(auditEvents), 'outside a workspace').toEqual([]);
    const all = await readAllAudit((tx) =>
      tx.selectDistinct({ tenantId: auditEvents.tenantId }).from(auditEvents),
    );
    expect(new Set(all.map(({ tenantId }) => tenantId))).toEqual(new Set([summit, harbor, null]));
    expect(await globalDb().select().from(auditEvents), 'afterwards').toEqual([]);
  });

  it('keeps an event only together with its change', async () => {
    const count = async () =>
      (await database.query(`select 1 from audit_events where tenant_id = '${summit}'`)).length;
    const before = await count();
    const failing = withTenant(summit, async (tx) => {
      await recordAudit(tx, switched(summit));
      throw new Error('the change failed');
    });
    await expect(failing).rejects.toThrow('the change failed');
    expect(await count()).toBe(before);
  });

  it('loses old events by retention, and never those of the last 90 days', async () => {
    await database.query('delete from audit_events');
    await database.query(
      `insert into audit_events (tenant_id, actor_kind, action, at)
       select $1, 'system', 'feature.switched', now() - make_interval(days => d)
       from unnest(array[1, 89, 91, 400]) d`,
      [summit],
    );
    const ages = async () =>
      (
        await database.query<{ age: number }>(
          `select extract(day from now() - at)::int as age from audit_events order by 1`,
        )
      ).map(({ age }) => age);
    await pruneAudit(365);
    expect(await ages()).toEqual([1, 89, 91]);
    await pruneAudit(0);
    expect(await ages()).toEqual([1, 89]);
    const [after] = await globalDb().transaction(async (tx) => {
      await tx.execute(sql`select prune_audit_events(365)`);
      return (await tx.execute(sql`select count(*)::int as seen from audit_events`)).rows;
    });
    expect(after, 'what the caller may see afterwards').toEqual({ seen: 0 });
  });

  it('names who acted and from where, and hides secrets by their name and by their value', async () => {
    registerSecret('s3cr3t-of-a-connection');
    const actor = { kind: 'user', id: summit, label: 'ada@summit.test', address: '10.1.2.3' };
    await actAs({ ...actor, kind: 'user', userAgent: 'Browser\0' }, async () => {
      noteStaff();
      await withTenant(summit, (tx) =>
        recordAudit(tx, {
          tenantId: summit,
          action: 'settings.changed',
          before: { clientSecret: 'abc', nested: [{ api_key: 'def' }] },
          after: { note: 'uses s3cr3t-of-a-connection', long: 'x'.repeat(2000) },
        }),
      );
    });
    const [event] = await database.query(
      `select * from audit_events where action = 'settings.changed'`,
    );
    expect(event).toMatchObject({
      actor_kind: 'staff',
      actor_label: 'ada@summit.test',
      address: '10.1.2.3',
      user_agent: 'Browser',
      before: { clientSecret: '•••', nested: [{ api_key: '•••' }] },
      after: { note: 'uses [secret]', long: `${'x'.repeat(500)}…` },
    });
  });
});
