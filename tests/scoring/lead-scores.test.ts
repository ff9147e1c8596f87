import { describe, expect, it } from 'vitest';
import { saveWeights } from '#lib/scoring/models.ts';
import { rescoreSlice } from '#lib/scoring/rescore.ts';
import { computeScore } from '#lib/scoring/score.ts';
import { defaultModel } from '#lib/scoring/weights.ts';
import { evidence } from './evidence.ts';
import { remove, store } from './stage.ts';
import { db, stage, leadRows, found } from './domain-stage.ts';

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
      computeScore(
        bare,
        { azureTenantId: null, referralType: null, employees: null },
        model,
        new Date(row?.breakdown.scoredAt ?? 0),
      ),
    );
    await expect(
      saveWeights(stage.tenant.id, { weights, note: '', basedOn: 1, by: null }),
    ).rejects.toThrow('already in use');
    await expect(
      saveWeights(stage.tenant.id, { weights: {}, note: '', basedOn: 0, by: null }),
    ).rejects.toThrow('Someone else');
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
