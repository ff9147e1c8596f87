import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { auditGroups, type AuditGroup } from '../../identity/audit/groups.ts';
import { slugField } from '../../identity/auth/input.ts';
import { isValidCursor, type SortOrder } from '../../platform/db/keyset.ts';
import { Problem } from '../../platform/errors.ts';
import { firstDay, isDay, lastDay } from '../../platform/period.ts';
import { isStorable } from '../../records/text.ts';
import { auditEvents } from '../../schema/audit.ts';

export const newestFirst: SortOrder = {
  expression: sql`${auditEvents.at}`,
  type: 'timestamptz',
  direction: 'desc',
};

const groups = Object.keys(auditGroups) as [AuditGroup, ...AuditGroup[]];
const text = z
  .string()
  .trim()
  .max(200, 'Use 200 characters at most.')
  .refine(isStorable, 'This text contains a character that cannot be stored.');
const day = z
  .string()
  .refine(isDay, `Enter a day such as 2026-11-30, from ${firstDay} to ${lastDay}.`);

/** The events that concern no workspace, such as sign-ins of staff. */
export const noWorkspace = '-';

/** The filter of the audit log, as in the address of its pages and of the API. */
export const auditFilterFields = {
  group: z
    .enum(groups, { error: `Choose one of: ${groups.join(', ')}.` })
    .optional()
    .describe('Kind of events.'),
  person: text.optional().describe('Part of the name or e-mail address of who acted.'),
  search: text.optional().describe('Part of what was acted on, an address or a request number.'),
  from: day.optional().describe('First day, in the time zone of the workspace.'),
  to: day.optional().describe('Last day.'),
  cursor: z
    .string()
    .max(2_000)
    .refine((cursor) => isValidCursor(newestFirst, cursor), 'This is not a cursor of this list.')
    .optional()
    .describe('`next` of the previous response; use the same filter.'),
};

/** Whether the days of a filter are in order. */
export const areDaysInOrder = ({
  from,
  to,
}: {
  from?: string | undefined;
  to?: string | undefined;
}) => from === undefined || to === undefined || from <= to;
export const daysProblem = { path: ['to'], message: 'The last day is before the first.' };

const pageSchema = z
  .object({
    ...auditFilterFields,
    workspace: z.literal(noWorkspace).or(slugField).optional(),
  })
  .refine(areDaysInOrder, daysProblem);

export type AuditFilter = z.output<typeof pageSchema>;

/**
 * Parses the filter of an address. An empty value counts as absent and an unknown name is ignored.
 * Throws Problem `bad_request`: a filter that is not understood must not look like one that found
 * nothing, or everything.
 */
export function parseAuditFilter(params: URLSearchParams): AuditFilter {
  const parsed = pageSchema.safeParse(
    Object.fromEntries([...params].filter(([, value]) => value.trim() !== '')),
  );
  if (parsed.success) return parsed.data;
  const words = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new Problem(
    'bad_request',
    `The log cannot be filtered by this address. ${words.join(' ')} ` +
      'Correct it, or open the log without a filter.',
  );
}
