import { z } from 'zod';
import { dateTime } from '../kit/clock.ts';
import type { ClientTetherAccount } from './account.ts';
import { blankRow, ID_FIELD, KINDS, type Kind, type Row } from './rows.ts';

/** Puts a number into JSON exactly as written, digits beyond a double's reach included. */
const rawJson = (text: string): unknown =>
  (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(text);

/** Where a kind keeps free text, a date and a number. */
const FIELDS: Record<Kind, { text: string; date: string; number: string }> = {
  clients: { text: 'whiteboard', date: 'created', number: 'deal_size' },
  opportunities: { text: 'compName', date: 'created', number: 'deal_size' },
  notes: { text: 'content', date: 'date', number: 'id' },
  activities: { text: 'description', date: 'scheduled_at', number: 'id' },
  events: { text: 'description', date: 'start_date', number: 'event_id' },
};

const POISONS = {
  nul: (kind) => ({ [FIELDS[kind].text]: 'before\u0000after' }),
  lone_surrogate: (kind) => ({ [FIELDS[kind].text]: 'before\ud800after' }),
  /** One above what a double can tell apart: JSON.parse makes ...992 of it. */
  bigint_id: (kind) => ({ [ID_FIELD[kind]]: rawJson('9007199254740993') }),
  overflow_number: (kind) => ({ [FIELDS[kind].number]: rawJson('123456789012345678901234567890') }),
  infinite_number: (kind) => ({ [FIELDS[kind].number]: rawJson('1e400') }),
  zero_date: (kind) => ({ [FIELDS[kind].date]: '0000-00-00 00:00:00' }),
  bad_date: (kind) => ({ [FIELDS[kind].date]: '2026-02-31 25:61:00' }),
  missing_id: (kind) => ({ [ID_FIELD[kind]]: false }),
  wrong_type: (kind) => ({ [FIELDS[kind].text]: { unexpected: ['object'] }, firstName: 42 }),
  huge_text: (kind) => ({ [FIELDS[kind].text]: 'x'.repeat(2 << 20) }),
} satisfies Record<string, (kind: Kind) => Row>;

export type PoisonName = keyof typeof POISONS;
export const POISON_NAMES = Object.keys(POISONS) as PoisonName[];

const poisonSchema = z.object({
  kind: z.enum(KINDS).default('clients'),
  poison: z.enum(POISON_NAMES as [PoisonName, ...PoisonName[]]),
  count: z.number().int().min(1).max(1_000).default(1),
  /** Further fields, e.g. contact_id of a note. */
  row: z.record(z.string(), z.unknown()).default({}),
});

/**
 * Adds records that break careless readers. @returns their ids in the table (the served id may
 * differ: that can be the poison)
 */
export function poison(
  account: ClientTetherAccount,
  body: unknown,
  now: number,
): { ids: string[] } {
  const { kind, poison: name, count, row } = poisonSchema.parse(body);
  return {
    ids: Array.from({ length: count }, () => addPoisoned(account, kind, name, row, dateTime(now))),
  };
}

function addPoisoned(
  account: ClientTetherAccount,
  kind: Kind,
  name: PoisonName,
  extra: Row,
  now: string,
): string {
  const id = account.freshId();
  const fresh = blankRow(kind, id);
  const { date } = FIELDS[kind];
  const dates =
    'last_modified_date' in fresh ? { [date]: now, last_modified_date: now } : { [date]: now };
  const named = 'firstName' in fresh ? { firstName: 'Poison', lastName: name } : {};
  account[kind].add({ ...fresh, ...named, ...dates, ...extra });
  account[kind].update(id, POISONS[name](kind));
  return id;
}
