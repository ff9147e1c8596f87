import { z } from 'zod';
import { tenantParameter } from './tenant.ts';
import { instant } from './codec.ts';

export const scoreQuery = z.object({ tenant: tenantParameter });

const verdicts = ['good', 'weak', 'bad', 'missing', 'unknown', 'not_applicable'] as const;
const item = z.object({
  key: z
    .string()
    .describe('Stable key, such as spf, dkim, dmarc, mx, boost.co_sell, risk.no_dmarc.'),
  label: z.string(),
  points: z.number().describe('Points added to the score; negative for risks.'),
  most: z
    .number()
    .nullable()
    .describe('Maximum points; 0 when the signal was not counted, null for boosts and risks.'),
  verdict: z.enum(verdicts).nullable(),
  evidence: z.string().describe('The evidence, in plain words.'),
  checkedAt: z.iso.datetime().nullable(),
});

const breakdown = z.object({
  model: z.int().describe('Version of the weights; 0 for the built-in ones.'),
  scoredAt: z.iso.datetime(),
  score: z.int().min(0).max(100),
  segment: z.enum(['Migration', 'Existing', 'Cold', 'Skip']),
  segmentReason: z.string(),
  priority: z.int().min(1).max(6).describe('1 is the most urgent.'),
  tenantSize: z.enum(['small', 'medium', 'large']).nullable(),
  tenantSizeReason: z.string(),
  mailProvider: z.string().nullable(),
  mailProviderReason: z.string(),
  signals: z
    .array(item)
    .describe('SPF, DKIM and DMARC first, then the other signals, then boosts.'),
  risks: z.array(item),
});

/** The response of GET /api/leads/{id}/score. */
export const scoreResponse = z.object({
  lead: z.object({
    id: z.uuid(),
    name: z.string(),
    company: z.string().nullable(),
    domain: z.string().nullable(),
  }),
  state: z
    .enum(['scored', 'waiting', 'no_domain', 'off'])
    .describe(
      'waiting: not yet scanned. no_domain: the lead has no company domain. ' +
        'off: the lead engine is off and there is no earlier score.',
    ),
  breakdown: breakdown.nullable(),
  scannedAt: instant.nullable(),
  scanDueAt: instant.nullable().describe('Earliest time of the next scan.'),
});
