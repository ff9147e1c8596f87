import { describe, expect, it } from 'vitest';
import { computeScore, type Facts } from '#lib/scoring/score.ts';
import { defaultModel, signalOrder, weightsSchema, type Model } from '#lib/scoring/weights.ts';
import type { Evidence } from '#lib/posture/types.ts';
import { evidence } from './evidence.ts';

const now = new Date('2026-11-21T09:00:00Z');
const nothing: Facts = { azureTenantId: null, referralType: null, employees: null };
const score = (of: Evidence | null, facts: Partial<Facts> = {}, model: Model = defaultModel) =>
  computeScore(of, { ...nothing, ...facts }, model, now);
const elsewhere = {
  provider: 'google_workspace',
  hosts: [{ host: 'smtp.google.com', preference: 1 }],
};

describe('a score', () => {
  it('is 100 when all is in order, with the part of each signal, SPF, DKIM, DMARC first', () => {
    const { score: points, signals, risks, segment, priority, mailProvider } = score(evidence());
    expect({ points, risks, segment, priority, mailProvider }).toEqual({
      points: 100,
      risks: [],
      segment: 'Existing',
      priority: 3,
      mailProvider: 'microsoft_365',
    });
    expect(signals.map(({ key }) => key)).toEqual([
      'spf',
      'dkim',
      'dmarc',
      'mx',
      'mta_sts',
      'tls_rpt',
      'bimi',
    ]);
    expect(signals.map(({ points: got, most }) => [got, most])).toEqual([
      [20, 20],
      [15, 15],
      [25, 25],
      [15, 15],
      [10, 10],
      [10, 10],
      [5, 5],
    ]);
    expect(signals[0]).toMatchObject({
      evidence: 'v=spf1 include:spf.protection.outlook.com -all',
      checkedAt: '2026-11-20T08:00:00.000Z',
    });
  });

  it('leaves what is unknown out on both sides: a key that is not found costs nothing', () => {
    const { score: points, signals } = score(
      evidence({ dkim: { verdict: 'unknown', selectors: [] } }),
    );
    expect(points).toBe(100);
    expect(signals[1]).toMatchObject({
      key: 'dkim',
      points: 0,
      most: 0,
      verdict: 'unknown',
      evidence:
        'No key was found under common selectors, but a key can have any selector. Not counted.',
    });
  });

  it('takes points for risks, told after all signals', () => {
    const bare = evidence({
      spf: { verdict: 'weak', all: 'pass', records: ['v=spf1 +all'] },
      dmarc: { verdict: 'missing', policy: null },
      dkim: { verdict: 'unknown', selectors: [] },
      mtaSts: { verdict: 'missing' },
      tlsRpt: { verdict: 'missing' },
      bimi: { verdict: 'missing' },
    });
    const { score: points, signals, risks } = score(bare, { referralType: 'co-sell' });
    // 10 of 20 for SPF and 15 for MX, of 85 to be had; 10 for the co-sell; twice 10 for the risks.
    expect(points).toBe(Math.round((100 * 25) / 85) + 10 - 20);
    expect(signals.at(-1)).toMatchObject({ key: 'boost.co_sell', points: 10, most: null });
    expect(risks.map(({ key, points: taken }) => [key, taken])).toEqual([
      ['risk.spf_open', -10],
      ['risk.no_dmarc', -10],
    ]);
  });

  it.each([
    ['there is no such domain', evidence({ exists: false }), {}, 'Skip', 6],
    [
      'the domain receives no mail',
      evidence({ mx: { verdict: 'not_applicable', nullMx: true, hosts: [], provider: null } }),
      {},
      'Skip',
      6,
    ],
    [
      'no server takes its mail',
      evidence({ mx: { verdict: 'missing', hosts: [], provider: null } }),
      {},
      'Skip',
      6,
    ],
    ['its mailboxes are at Microsoft 365', evidence(), {}, 'Existing', 3],
    ['its mailboxes are elsewhere', evidence({ mx: elsewhere }), {}, 'Migration', 1],
    [
      'its mail servers are nobody’s',
      evidence({
        mx: {
          provider: null,
          hosts: [{ host: 'mail.small.example', preference: 1 }],
          certainty: 'unknown',
        },
      }),
      {},
      'Migration',
      1,
    ],
    [
      'an Azure tenant says more than MX',
      evidence({ mx: elsewhere }),
      { azureTenantId: 'f4c1' },
      'Existing',
      3,
    ],
    [
      'a filter hides the mailboxes',
      evidence({ mx: { gateway: 'proofpoint', provider: null } }),
      {},
      'Cold',
      5,
    ],
    ['nothing was scanned', null, {}, 'Cold', 6],
  ] as const)('when %s', (_name, of, facts, segment, priority) => {
    expect(score(of, facts)).toMatchObject({ segment, priority });
  });

  it('says what an Azure tenant has overruled', () => {
    expect(score(evidence({ mx: elsewhere }), { azureTenantId: 'f4c1' })).toMatchObject({
      mailProvider: 'microsoft_365',
      mailProviderReason:
        'The company has the Azure tenant f4c1. This outweighs its MX ' +
        'records, which point to Google Workspace.',
    });
  });

  it('is Cold when too little is known, or when it is low', () => {
    const [low, unknown] = [{ verdict: 'missing' as const }, { verdict: 'unknown' as const }];
    const silent = evidence({
      spf: unknown,
      dkim: unknown,
      dmarc: unknown,
      mtaSts: unknown,
      tlsRpt: unknown,
      bimi: unknown,
    });
    expect(score(silent)).toMatchObject({
      segment: 'Cold',
      score: 100,
      priority: 5,
      segmentReason: 'Too little is known: 15 % of the signals by weight, but 40 % are needed.',
    });
    expect(
      score(evidence({ spf: low, dkim: low, dmarc: low, mtaSts: low, tlsRpt: low, bimi: low })),
    ).toMatchObject({ segment: 'Cold', score: 5, segmentReason: 'The score 5 is below 15.' });
  });

  it.each([
    [1, 'small'],
    [50, 'small'],
    [51, 'medium'],
    [1000, 'medium'],
    [1001, 'large'],
    [0, null],
    [null, null],
  ])('with %s people is of size %s', (employees, tenantSize) => {
    expect(score(evidence(), { employees })).toMatchObject({ tenantSize });
  });

  it('takes the size from a filter in front of the mailboxes when nobody tells it', () => {
    expect(score(evidence({ mx: { gateway: 'mimecast' } }))).toMatchObject({
      tenantSize: 'medium',
      tenantSizeReason: expect.stringContaining('Mimecast'),
    });
  });
});

describe('the weights', () => {
  it('have defaults that add up to 100', () => {
    expect(Object.values(defaultModel.weights.signals).reduce((sum, each) => sum + each, 0)).toBe(
      100,
    );
  });

  it.each([
    [{ signals: { spf: 101 } }, 'Enter 100 at most.'],
    [{ risks: { noDmarc: -1 } }, 'Enter 0 or more.'],
    [{ boosts: { coSell: 1.5 } }, 'Enter a whole number.'],
    [
      { signals: Object.fromEntries(signalOrder.map((key) => [key, 0])) },
      'Give at least one signal a weight above 0.',
    ],
    [{ sizes: { small: 500, medium: 100 } }, 'Enter more than for small companies.'],
  ])('refuse %j', (weights, message) => {
    expect(weightsSchema.safeParse(weights).error?.issues.map((issue) => issue.message)).toContain(
      message,
    );
  });
});
