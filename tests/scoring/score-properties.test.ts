import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { computeScore, type Facts } from '#lib/scoring/score.ts';
import { signalOrder, weightsSchema, type Model, type SignalKey } from '#lib/scoring/weights.ts';
import type { Evidence, Verdict } from '#lib/posture/types.ts';
import { check, evidence } from './evidence.ts';

const now = new Date('2026-11-21T09:00:00Z');
const points = fc.integer({ min: 0, max: 100 });
const verdict = fc.constantFrom<Verdict>(
  'good',
  'weak',
  'bad',
  'missing',
  'unknown',
  'not_applicable',
);
const anyEvidence = fc
  .record({
    verdicts: fc.tuple(verdict, verdict, verdict, verdict, verdict, verdict, verdict),
    exists: fc.constantFrom<Evidence['exists']>(true, false, 'unknown'),
    nullMx: fc.boolean(),
    all: fc.constantFrom<Evidence['spf']['all']>('pass', 'neutral', 'softfail', 'fail', null),
    policy: fc.constantFrom<Evidence['dmarc']['policy']>('none', 'quarantine', 'reject', null),
    testing: fc.boolean(),
    bits: fc.constantFrom(512, 1024, 2048),
    provider: fc.constantFrom(null, 'microsoft_365', 'zoho'),
    gateway: fc.constantFrom(null, 'mimecast'),
  })
  .map(({ verdicts, exists, nullMx, all, policy, testing, bits, provider, gateway }) => {
    const [spf, dkim, dmarc, mx, mtaSts, tlsRpt, bimi] = verdicts.map((each) =>
      check(each, { records: ['a record'] }),
    );
    return evidence({
      exists,
      spf: { ...spf, all },
      dkim: {
        ...dkim,
        selectors: [{ selector: 's1', keyType: 'rsa', bits, revoked: false, testing }],
      },
      dmarc: { ...dmarc, policy, testing },
      mx: { ...mx, nullMx, provider, gateway },
      mtaSts,
      tlsRpt,
      bimi,
    });
  });
const anyFacts = fc.record({
  azureTenantId: fc.constantFrom(null, 'f4c1'),
  referralType: fc.constantFrom<Facts['referralType']>(
    null,
    'co-sell',
    'marketplace',
    'solution-provider',
  ),
  employees: fc.option(fc.nat(100_000)),
});
const anyModel = fc
  .record({
    signals: fc.tuple(
      fc.integer({ min: 1, max: 100 }),
      points,
      points,
      points,
      points,
      points,
      points,
    ),
    share: points,
    risks: points,
    boosts: points,
  })
  .map(({ signals, share, risks, boosts }): Model => ({
    version: 3,
    weights: weightsSchema.parse({
      signals: Object.fromEntries(signalOrder.map((key, index) => [key, signals[index]])),
      weak: { share },
      risks: {
        spfOpen: risks,
        spfBroken: risks,
        noDmarc: risks,
        dmarcLax: risks,
        dkimUnsafe: risks,
      },
      boosts: { coSell: boosts, marketplace: boosts, solutionProvider: boosts },
    }),
  }));
const anyKey = fc.constantFrom<SignalKey>(...signalOrder);
const withVerdict = (of: Evidence, key: SignalKey, to: Verdict): Evidence => ({
  ...of,
  [key]: { ...of[key], verdict: to },
});

describe('whatever is found and however it is weighed', () => {
  it('a score is 0 to 100, a priority 1 to 6, and the order of the reasons fixed', () => {
    fc.assert(
      fc.property(anyEvidence, anyFacts, anyModel, (of, facts, model) => {
        const { score: total, priority, signals, risks } = computeScore(of, facts, model, now);
        expect(Number.isInteger(total) && total >= 0 && total <= 100).toBe(true);
        expect([1, 2, 3, 4, 5, 6]).toContain(priority);
        expect(signals.slice(0, 7).map(({ key }) => key)).toEqual([
          'spf',
          'dkim',
          'dmarc',
          'mx',
          'mta_sts',
          'tls_rpt',
          'bimi',
        ]);
        expect(signals.slice(7).every(({ key }) => key.startsWith('boost.'))).toBe(true);
        const order = [
          'risk.spf_open',
          'risk.spf_broken',
          'risk.no_dmarc',
          'risk.dmarc_lax',
          'risk.dkim_unsafe',
        ];
        expect(risks.map(({ key }) => key)).toEqual(
          order.filter((key) => risks.some((risk) => risk.key === key)),
        );
      }),
    );
  });

  it('something that turns out good never lowers it', () => {
    fc.assert(
      fc.property(anyEvidence, anyFacts, anyModel, anyKey, (of, facts, model, key) => {
        expect(
          computeScore(withVerdict(of, key, 'good'), facts, model, now).score,
        ).toBeGreaterThanOrEqual(computeScore(of, facts, model, now).score);
      }),
    );
  });

  it('what is unknown is as if it had not been asked', () => {
    fc.assert(
      fc.property(
        anyEvidence,
        anyFacts,
        anyModel,
        fc.constantFrom<SignalKey>(...signalOrder.slice(1)),
        (of, facts, model, key) => {
          const unasked: Model = {
            ...model,
            weights: { ...model.weights, signals: { ...model.weights.signals, [key]: 0 } },
          };
          const silent = withVerdict(of, key, 'unknown');
          expect(computeScore(silent, facts, model, now).score).toBe(
            computeScore(silent, facts, unasked, now).score,
          );
        },
      ),
    );
  });

  it('the same evidence makes the same score again, through the database and back', () => {
    fc.assert(
      fc.property(anyEvidence, anyFacts, anyModel, (of, facts, model) => {
        const kept = JSON.parse(JSON.stringify(of)) as Evidence;
        expect(
          computeScore(
            kept,
            facts,
            {
              version: model.version,
              weights: weightsSchema.parse(JSON.parse(JSON.stringify(model.weights))),
            },
            now,
          ),
        ).toEqual(computeScore(of, facts, model, now));
      }),
    );
  });
});
