import { describe, expect, it } from 'vitest';
import { enqueueScans, requestScan, switchFeature } from '#lib/scoring/schedule.ts';
import type { Tx } from '#lib/platform/db/pool.ts';
import { recountSummaries } from '#lib/ingest/recount.ts';
import { withTenant } from '#lib/identity/tenancy/with-tenant.ts';
import { remove, store } from './stage.ts';
import { db, stage, other, leadRows, found } from './domain-stage.ts';

const domains = (of = stage) =>
  db.query<{
    domain: string;
    name: string | null;
    azure: string | null;
    type: string | null;
    employees: number | null;
    due: boolean;
  }>(
    `select domain, name, azure_tenant_id as azure, referral_type as type, employees,
       scan_due_at is not null as due
     from company_domains
     where tenant_id = $1
     order by domain`,
    [of.tenant.id],
  );
const switchOn = (of = stage) => switchFeature(of.tenant.id, 'lead-engine', true, null);

/** A transaction that counts its statements. */
function counted(): { count: () => number; watch: (tx: Tx) => Tx } {
  let statements = 0;
  const verbs = ['execute', 'select', 'insert', 'update', 'delete'];
  return {
    count: () => statements,
    watch: (tx) =>
      new Proxy(tx, {
        get(target, name) {
          if (typeof name === 'string' && verbs.includes(name)) statements += 1;
          const value: unknown = Reflect.get(target, name);
          return typeof value === 'function' ? (value.bind(target) as unknown) : value;
        },
      }),
  };
}

describe('the domains of a workspace', () => {
  it('are those that leads, referrals, companies and contacts name, once, merged', async () => {
    await store(stage, 'lead', [
      { externalId: '1', email: 'a@acme.com', company: 'Acme of the lead' },
      { externalId: '2', website: 'https://www.acme.com/x' },
      { externalId: '3', email: 'somebody@gmail.com' },
    ]);
    expect(await domains()).toEqual([
      {
        domain: 'acme.com',
        name: 'Acme of the lead',
        azure: null,
        type: null,
        employees: null,
        due: false,
      },
    ]);
    await store(stage, 'referral', [
      {
        externalId: 'r1',
        domain: 'acme.com',
        companyName: 'Acme of the referral',
        referralType: 'marketplace',
        employees: 10,
        azureTenantId: 'old',
      },
      { externalId: 'r2', domain: 'acme.com', referralType: 'co-sell', azureTenantId: 'new' },
    ]);
    await store(stage, 'company', [
      { externalId: 'c1', website: 'acme.com', name: 'Acme', employees: 300 },
    ]);
    await store(stage, 'contact', [{ externalId: 'p1', email: 'x@elsewhere.org' }]);
    expect(await domains()).toEqual([
      {
        domain: 'acme.com',
        name: 'Acme',
        azure: 'new',
        type: 'co-sell',
        employees: 300,
        due: false,
      },
      { domain: 'elsewhere.org', name: null, azure: null, type: null, employees: null, due: false },
    ]);
    expect((await leadRows()).map(({ type }) => type)).toEqual(['co-sell', 'co-sell', null]);
    expect(await domains(other)).toEqual([]);
  });

  it('lose what a referral said when it changes or goes, and go when unnamed', async () => {
    await store(stage, 'lead', [{ externalId: '1', email: 'a@acme.com' }]);
    await store(stage, 'referral', [
      { externalId: 'r1', domain: 'acme.com', referralType: 'co-sell', azureTenantId: 'one' },
      { externalId: 'r2', domain: 'acme.com', referralType: 'solution-provider' },
    ]);
    await store(stage, 'referral', [
      { externalId: 'r1', domain: 'acme.com', referralType: 'marketplace', azureTenantId: 'one' },
    ]);
    expect(await domains()).toMatchObject([{ type: 'marketplace', azure: 'one' }]);
    await remove(stage, 'referral', 'r1');
    expect(await domains()).toMatchObject([{ type: 'solution-provider', azure: null }]);
    expect(await leadRows()).toMatchObject([{ type: 'solution-provider' }]);
    await remove(stage, 'lead', '1');
    await store(stage, 'referral', [
      { externalId: 'r2', domain: 'other.net', referralType: 'solution-provider' },
    ]);
    expect(await domains()).toMatchObject([{ domain: 'other.net' }]);
  });

  it('become due once with the lead engine on, all others when it is switched on', async () => {
    await store(stage, 'lead', [{ externalId: '1', email: 'a@acme.com' }]);
    await store(other, 'lead', [{ externalId: '1', email: 'a@acme.com' }]);
    expect(await domains()).toMatchObject([{ due: false }]);
    await switchOn();
    await store(stage, 'lead', [
      { externalId: '2', email: 'b@acme.com' },
      { externalId: '3', email: 'b@bolt.io' },
    ]);
    const due = await db.query<{ domain: string; at: Date }>(
      `select domain, scan_due_at as at from company_domains where tenant_id = $1 order by 1`,
      [stage.tenant.id],
    );
    expect(due.map(({ domain, at }) => [domain, at instanceof Date])).toEqual([
      ['acme.com', true],
      ['bolt.io', true],
    ]);
    await store(stage, 'lead', [{ externalId: '4', email: 'c@bolt.io' }]);
    expect(
      await db.query(
        `select domain, scan_due_at as at from company_domains where tenant_id = $1 order by 1`,
        [stage.tenant.id],
      ),
    ).toEqual(due);
    expect(await domains(other)).toMatchObject([{ due: false }]);
    await enqueueScans();
    expect(
      await db.query(
        `select data from pgboss.job where name = 'scan-domains' and data->>'tenantId' = $1`,
        [other.tenant.id],
      ),
    ).toEqual([]);
    expect(
      (
        await db.query(
          `select data from pgboss.job where name = 'scan-domains' and data->>'tenantId' = $1`,
          [stage.tenant.id],
        )
      ).length,
    ).toBeGreaterThan(0);
  });

  it('are scanned again on request, where the engine is on and something names them', async () => {
    await store(stage, 'lead', [{ externalId: '1', email: 'a@acme.com' }]);
    await expect(requestScan(stage.tenant.id, 'acme.com')).rejects.toMatchObject({
      code: 'conflict',
    });
    await switchOn();
    await db.query(
      `update company_domains
       set scan_due_at = now() + interval '1 day', scan_attempts = 4
       where tenant_id = $1`,
      [stage.tenant.id],
    );
    await requestScan(stage.tenant.id, 'acme.com');
    expect(
      await db.query(
        `select scan_due_at <= now() as due, scan_attempts as attempts
         from company_domains
         where tenant_id = $1`,
        [stage.tenant.id],
      ),
    ).toEqual([{ due: true, attempts: 0 }]);
    await expect(requestScan(stage.tenant.id, 'nobody.com')).rejects.toMatchObject({
      code: 'not_found',
    });
  });

  it('cost a page of 500 the statements of a page of one, and none without a change', async () => {
    const page = (size: number, from: number) =>
      Array.from({ length: size }, (_, n) => ({
        externalId: String(from + n),
        email: `a@d${from + n}.com`,
      }));
    const [one, many, people, none] = [counted(), counted(), counted(), counted()];
    await store(stage, 'lead', page(1, 0), one.watch);
    await store(stage, 'lead', page(500, 1000), many.watch);
    // Of people nothing else is counted.
    await store(stage, 'contact', page(500, 1000), people.watch);
    await store(
      stage,
      'contact',
      page(500, 1000).map((person) => ({ ...person, jobTitle: 'Owner' })),
      none.watch,
    );
    expect([many.count() - one.count(), people.count(), none.count()]).toEqual([0, 4, 0]);
    expect(await domains()).toHaveLength(501);
  });

  it('are counted anew from whatever they were', async () => {
    await switchOn();
    await store(stage, 'lead', [
      { externalId: '1', email: 'a@acme.com', company: 'Acme' },
      { externalId: '2', email: 'b@bolt.io' },
    ]);
    await store(stage, 'referral', [
      { externalId: 'r1', domain: 'acme.com', referralType: 'co-sell' },
    ]);
    await found('acme.com');
    const [before, leads] = [await domains(), await leadRows()];
    await db.query(`delete from company_domains where tenant_id = $1 and domain = 'bolt.io'`, [
      stage.tenant.id,
    ]);
    await db.query(
      `update company_domains set referral_type = null, name = 'Wrong' where tenant_id = $1`,
      [stage.tenant.id],
    );
    await db.query(
      `insert into company_domains (tenant_id, domain, scan_due_at)
       values ($1, 'nobody.com', now())`,
      [stage.tenant.id],
    );
    await db.query(`update leads set score = 3, sort_score = 3 where tenant_id = $1`, [
      stage.tenant.id,
    ]);
    await withTenant(stage.tenant.id, (tx) => recountSummaries(tx, 'lead', stage.tenant.id));
    expect(await domains()).toEqual(before);
    expect(await leadRows()).toEqual(leads);
  });
});
