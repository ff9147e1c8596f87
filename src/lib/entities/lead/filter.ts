import { z } from 'zod';
import { leadSortKeys, pushFilters, type LeadFilter } from './queries.ts';
import { segments } from '../../records/lead.ts';
import { referralTypes } from '../../records/referral.ts';
import { isStorable } from '../../records/text.ts';

const text = z.string().trim().max(200).refine(isStorable).optional().catch(undefined);
const given = text.transform((value) => value || undefined);
/**
 * What is pasted by mistake is searched for by its beginning: left out, it would list every lead as
 * found.
 */
const searchText = z
  .string()
  .refine(isStorable)
  .transform((value) => value.trim().slice(0, 200) || undefined)
  .optional()
  .catch(undefined);
const score = z
  .string()
  .trim()
  .regex(/^\d{1,3}$/)
  .transform(Number)
  .pipe(z.number().max(100))
  .optional()
  .catch(undefined);

const filterSchema = z.object({
  source: text,
  status: given,
  qualified: z
    .enum(['yes', 'no'])
    .transform((value) => value === 'yes')
    .optional()
    .catch(undefined),
  segment: z.enum(segments).optional().catch(undefined),
  provider: given,
  scoreMin: score,
  scoreMax: score,
  referral: z.enum(referralTypes).optional().catch(undefined),
  push: z.enum(pushFilters).optional().catch(undefined),
  domain: given.transform((value) => value?.toLowerCase()),
  search: searchText,
  sort: z.enum(leadSortKeys).catch('created'),
  direction: z.enum(['asc', 'desc']).catch('desc'),
  cursor: z.string().max(2_000).optional().catch(undefined),
});

/** The parameters of an address that narrow the lead table. */
export const leadFilterNames = [
  'source',
  'status',
  'qualified',
  'segment',
  'provider',
  'scoreMin',
  'scoreMax',
  'referral',
  'push',
  'domain',
  'search',
] as const;

/**
 * Those that say which leads are listed in which order: what a saved view keeps, and what the page
 * remembers.
 */
export const leadListNames = [
  ...leadFilterNames,
  'q',
  'sort',
  'direction',
  'period',
  'from',
  'to',
] as const;

/** Reads the filter of the lead table from a URL. What cannot be read counts as not given. */
export function parseLeadFilter(params: URLSearchParams): LeadFilter {
  const all = Object.fromEntries(params);
  return filterSchema.parse({ ...all, search: all['search'] ?? all['q'] });
}
