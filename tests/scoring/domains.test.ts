import { and, eq } from 'drizzle-orm';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { rescoreDomains } from '#lib/scoring/apply.ts';
import { enqueueScans, requestScan, switchFeature } from '#lib/scoring/due.ts';
import { saveWeights } from '#lib/scoring/models.ts';
import { rescoreSlice } from '#lib/scoring/rescore.ts';
import { scoreOf } from '#lib/scoring/score.ts';
import { defaultModel } from '#lib/scoring/weights.ts';
import type { Tx } from '#lib/platform/db/pool.ts';
import type { Evidence } from '#lib/posture/types.ts';
import { closeQueue } from '#lib/jobs/queue.ts';
import { companyDomains } from '#lib/schema/company-domains.ts';
import { recountRollups } from '#lib/ingest/recount.ts';
import { withTenant } from '#lib/identity/tenancy/with-tenant.ts';
import { useDatabase } from '../helpers/database.ts';
import { evidence } from './evidence.ts';
import { createStage, remove, store, type Stage } from './stage.ts';

const db = useDatabase();
let stage: Stage;
let other: Stage;
let number = 0;

beforeEach(async () => {
  number += 1;
  stage = await createStage(`stage-${number}`);
  other = await createStage(`other-${number}`);
});
afterAll(closeQueue);

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
const leadRows = () =>
  db.query<{
    id: string;
    score: number | null;
    sort: string;
    segment: string | null;
    type: string | null;
    provider: string | null;
  }>(
    `select external_id as id, score, sort_score as sort, segment, referral_type as type,
       mail_provider as provider
     from leads
     where tenant_id = $1
     order by 1`,
    [stage.tenant.id],
  );
const switchOn = (of = stage) => switchFeature(of.tenant.id, 'lead-engine', true, null);

/** As if a scan of the domain had found this. */
const found = (domain: string, of: Evidence = evidence({ domain })) =>
  withTenant(stage.tenant.id, async (tx) => {
    await tx
      .update(companyDomains)
      .set({ evidence: of, scannedAt: new Date(of.scannedAt) })
      .where(and(eq(companyDomains.tenantId, stage.tenant.id), eq(companyDomains.domain, domain)));
    await rescoreDomains(tx, stage.tenant.id, [domain]);
  });

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
    await withTenant(stage.tenant.id, (tx) => recountRollups(tx, 'lead', stage.tenant.id));
    expect(await domains()).toEqual(before);
    expect(await leadRows()).toEqual(leads);
  });
});

describe('the scores of leads', () => {
  it('are there as soon as a lead comes to a domain with one, and go when it leaves', async () => {
    await store(stage, 'lead', [{ externalId: '1', email: 'a@acme.com' }]);
    await found('acme.com');
    await store(stage, 'lead', [{ externalId: '2', email: 'b@acme.com' }]);
    expect(await leadRows()).toMatchObject([
      { score: 100, sort: '100', segment: 'Existing', provider: 'microsoft_365' },
      { score: 100, segment: 'Existing' },
    ]);
    await store(stage, 'lead', [{ externalId: '2', email: 'b@gmail.com' }]);
    expect((await leadRows())[1]).toEqual({
      id: '2',
      score: null,
      sort: '-1',
      segment: null,
      type: null,
      provider: null,
    });
    await remove(stage, 'lead', '1');
    await store(stage, 'lead', [{ externalId: '1', email: 'a@gmail.com' }]);
    expect((await leadRows())[0]).toMatchObject({ score: null, sort: '-1' });
  });

  it('follow what the sources say, without a scan', async () => {
    const google = evidence({
      domain: 'acme.com',
      mx: { provider: 'google_workspace' },
      dmarc: { verdict: 'missing', policy: null },
    });
    await store(stage, 'lead', [{ externalId: '1', email: 'a@acme.com' }]);
    await found('acme.com', google);
    expect(await leadRows()).toMatchObject([{ score: 65, segment: 'Migration', type: null }]);
    await store(stage, 'referral', [
      { externalId: 'r1', domain: 'acme.com', referralType: 'co-sell', azureTenantId: 'f4c1' },
    ]);
    expect(await leadRows()).toMatchObject([
      { score: 75, segment: 'Existing', type: 'co-sell', provider: 'microsoft_365' },
    ]);
    await remove(stage, 'referral', 'r1');
    expect(await leadRows()).toMatchObject([
      { score: 65, segment: 'Migration', type: null, provider: 'google_workspace' },
    ]);
  });

  it('made anew equal those made fresh, with the weights in force', async () => {
    const bare = evidence({ domain: 'acme.com', dmarc: { verdict: 'missing', policy: null } });
    await store(stage, 'lead', [
      { externalId: '1', email: 'a@acme.com' },
      { externalId: '2', email: 'a@bolt.io' },
    ]);
    await found('acme.com', bare);
    await found('bolt.io');
    const weights = {
      ...defaultModel.weights,
      risks: { ...defaultModel.weights.risks, noDmarc: 40 },
    };
    const model = await saveWeights(stage.tenant.id, {
      weights,
      note: 'DMARC first',
      basedOn: 0,
      by: null,
    });
    expect(model.version).toBe(1);
    expect(await leadRows()).toMatchObject([{ score: 65 }, { score: 100 }]);
    expect(await rescoreSlice(stage.tenant.id, null, () => false)).toBe(null);
    expect(await leadRows()).toMatchObject([{ score: 35 }, { score: 100 }]);
    const [row] = await db.query<{ breakdown: { scoredAt: string }; version: number }>(
      `select breakdown, model_version as version
       from company_domains
       where tenant_id = $1 and domain = 'acme.com'`,
      [stage.tenant.id],
    );
    expect(row?.version).toBe(1);
    expect(row?.breakdown).toEqual(
      scoreOf(
        bare,
        { azureTenantId: null, referralType: null, employees: null },
        model,
        new Date(row?.breakdown.scoredAt ?? 0),
      ),
    );
    await expect(
      saveWeights(stage.tenant.id, { weights, note: '', basedOn: 1, by: null }),
    ).rejects.toThrow('in force already');
    await expect(
      saveWeights(stage.tenant.id, { weights: {}, note: '', basedOn: 0, by: null }),
    ).rejects.toThrow('Somebody else');
    await expect(
      saveWeights(stage.tenant.id, {
        weights: { signals: { spf: 200 } },
        note: '',
        basedOn: 1,
        by: null,
      }),
    ).rejects.toMatchObject({ details: { fields: { 'signals.spf': 'Enter 100 at most.' } } });
    expect(
      await db.query(
        `select data from pgboss.job where name = 'rescore' and data->>'tenantId' = $1`,
        [stage.tenant.id],
      ),
    ).toHaveLength(1);
  });
});
