import { z } from 'zod';
import { isTimeZone } from '../../platform/time-zone.ts';

/**
 * Source: five public callers of the API; see also
 * https://support.clienttether.com/api-document/clienttether-api-2-0-doc
 */
const DEFAULT_BASE_URL = 'https://api.clienttether.com/v2/api/';

const fieldName = (name: string) => z.string().trim().min(1).default(name);

/** Which of an opportunity's fields, its own or custom ones, hold what the hot list shows. */
const fields = z.strictObject({
  market: fieldName('market'),
  units: fieldName('units'),
  /** The fee of one unit. Accounts without a field of their own keep it in the deal size. */
  franchiseFee: fieldName('deal_size'),
  /** A percentage; the stage's likelihood counts where it is blank. */
  likelihood: fieldName('likelihood'),
});

const stageSetting = z.strictObject({
  likelyPct: z.coerce.number().min(0).max(100),
  outcome: z.enum(['open', 'won', 'lost']).optional(),
});

/** What a ClientTether connection can be told. Everything has a default. */
export const clientTetherSettings = z.strictObject({
  baseUrl: z
    .url()
    .default(DEFAULT_BASE_URL)
    .refine(hasNoQuery, 'must not hold ? or #')
    .transform(addTrailingSlash),
  /** The zone of the dates, which come without one. IANA name. */
  timeZone: z
    .string()
    .default('UTC')
    .refine(isTimeZone, 'is not a time zone such as America/Denver'),
  /**
   * Rows per request. 100 is the most that public callers are known to use: a larger number that
   * the server silently cuts down would make each page look like the end of the list.
   */
  pageSize: z.coerce.number().int().min(1).max(100).default(100),
  /** From this likelihood on, a lead counts as qualified. */
  qualifyingPct: z.coerce.number().min(0).max(100).default(20),
  fields: fields.prefault({}),
  /** Overrides of the likelihood table by stage name, in any case. */
  stages: z.record(z.string(), stageSetting).default({}).transform(toLowerCaseKeys),
  /** Other spellings of lead sources, in any case, and the label under which they count. */
  sourceAliases: z
    .record(z.string(), z.string().trim().min(1))
    .default({})
    .transform(toLowerCaseKeys),
});
export type ClientTetherSettings = z.output<typeof clientTetherSettings>;

function hasNoQuery(url: string): boolean {
  return !/[?#]/.test(url);
}

function addTrailingSlash(url: string): string {
  return url.endsWith('/') ? url : `${url}/`;
}

function toLowerCaseKeys<Value>(record: Record<string, Value>): Record<string, Value> {
  return Object.fromEntries(
    Object.entries(record).map(([key, value]) => [key.trim().toLowerCase(), value]),
  );
}
