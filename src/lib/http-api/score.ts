import { z } from 'zod';
import { tenantParameter } from './tenant.ts';
import { instant } from './codec.ts';

export const scoreQuery = z.object({ tenant: tenantParameter });

const verdicts = ['good', 'weak', 'bad', 'missing', 'unknown', 'not_applicable'] as const;
const item = z.object({
  key: z
    .string()
    .describe('Stable name, such as spf, dkim, dmarc, mx, boost.co_sell, risk.no_dmarc.'),
  label: z.string(),
  points: z.number().describe('Added to the score; below 0 for risks.'),
  most: z
    .number()
    .nullable()
    .describe('What was to be had at most; 0 when it was not counted, null for boosts and risks.'),
  verdict: z.enum(verdicts).nullable(),
  evidence: z.string().describe('What it rests on, in plain words.'),
  checkedAt: z.iso.datetime().nullable(),
});

const breakdown = z.object({
  model: z.int().describe('Version of the weights; 0 for those that are built in.'),
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

/** The answer of GET /api/leads/{id}/score. */
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
      'waiting: not scanned yet. no_domain: the lead names no company. off: the lead engine is off, and there is no score from before.',
    ),
  breakdown: breakdown.nullable(),
  scannedAt: instant.nullable(),
  scanDueAt: instant.nullable().describe('When the next scan may begin.'),
});
