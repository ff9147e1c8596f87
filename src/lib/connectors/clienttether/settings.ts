import { z } from 'zod';
import { formatLimit, limits } from '../../conversion/transformations/kit/limits.ts';
import { pathText } from '../../conversion/transformations/kit/path.ts';
import { tidyLine } from '../../records/text.ts';
import { isTimeZone } from '../../platform/time-zone.ts';
import { rootUrl } from '../kit/settings.ts';
import { customField } from './custom-field.ts';

/**
 * As five public callers of the API use it; see also
 * https://support.clienttether.com/api-document/clienttether-api-2-0-doc
 */
const DEFAULT_BASE_URL = 'https://api.clienttether.com/v2/api/';

const fieldName = (name: string) =>
  z.string().trim().min(1).refine(isReadable, 'is not the name of a field').default(name);

/** Names of the opportunity fields, standard or custom, that hold what the hot list shows. */
const fields = z.strictObject({
  market: fieldName('market'),
  units: fieldName('units'),
  /** The fee of one unit. Accounts without a custom field for it use the deal size. */
  franchiseFee: fieldName('deal_size'),
  /** A percentage; when it is blank, the likelihood of the stage applies. */
  likelihood: fieldName('likelihood'),
});

const stageSetting = z.strictObject({
  likelyPct: z.coerce.number().min(0).max(100),
  outcome: z.enum(['open', 'won', 'lost']).optional(),
});

/** Settings of a ClientTether connection. Each one has a default. */
export const clientTetherSettings = z.strictObject({
  baseUrl: rootUrl(DEFAULT_BASE_URL),
  /** Time zone (IANA name) of the dates, which ClientTether sends without one. */
  timeZone: z
    .string()
    .default('UTC')
    .refine(isTimeZone, 'is not a time zone such as America/Denver'),
  /**
   * Rows per request. 100 is the most that public callers are known to use. If the server silently
   * reduced a larger number, each page would look like the end of the list.
   */
  pageSize: z.coerce.number().int().min(1).max(100).default(100),
  /** A lead counts as qualified at this likelihood and above. */
  qualifyingPct: z.coerce.number().min(0).max(100).default(20),
  fields: fields.prefault({}),
  /** Overrides of the likelihood table by stage name; case is ignored. */
  stages: z.record(z.string(), stageSetting).default({}).transform(toLowerCaseKeys),
  /** Alternative spellings of lead sources and the label for each; case is ignored. */
  sourceAliases: z
    .record(z.string(), z.string().trim().min(1).max(500))
    .refine(
      (aliases) => Object.keys(aliases).length <= limits.table,
      `has more than ${formatLimit(limits.table)} spellings`,
    )
    .default({})
    .transform(toLowerCaseKeys),
});
export type ClientTetherSettings = z.output<typeof clientTetherSettings>;

/** Whether a mapping can name the field. */
function isReadable(name: string): boolean {
  return customField(name).every((path) => pathText.safeParse(path).success);
}

function toLowerCaseKeys<Value>(record: Record<string, Value>): Record<string, Value> {
  return Object.fromEntries(
    Object.entries(record).map(([key, value]) => [tidyLine(key).toLowerCase(), value]),
  );
}
