import { z } from 'zod';
import { leadSortKeys, pushFilters, type LeadFilter } from './queries.ts';
import { segments } from '../../records/lead.ts';
import { referralTypes } from '../../records/referral.ts';
import { isStorable } from '../../records/text.ts';

/** Longest text of a filter, in characters. */
const maxTextLength = 200;
const text = z.string().trim().max(maxTextLength).refine(isStorable).optional().catch(undefined);
const given = text.transform((value) => value || undefined);
/**
 * Cuts a search that is too long, such as text pasted by mistake: dropping it would list every lead
 * as a hit.
 */
const searchText = z
  .string()
  .refine(isStorable)
  .transform((value) => value.trim().slice(0, maxTextLength) || undefined)
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

/** The URL parameters that filter the lead table. */
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
 * The URL parameters that determine the list and its order; a saved view and the page keep them.
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

/** Parses the filter of the lead table from a URL. Parameters that are not valid are ignored. */
export function parseLeadFilter(params: URLSearchParams): LeadFilter {
  const all = Object.fromEntries(params);
  return filterSchema.parse({ ...all, search: all['search'] ?? all['q'] });
}
