import { z } from 'zod';
import { dateTime } from '../kit/clock.ts';
import { ControlError } from '../kit/provider.ts';
import type { ClientTetherAccount } from './account.ts';
import { blankRow, ID_FIELD, KINDS, type Kind, type Row } from './rows.ts';

const row = z.record(z.string(), z.unknown());
const change = z.discriminatedUnion('op', [
  z.object({ op: z.literal('add'), kind: z.enum(KINDS), row }),
  z.object({ op: z.literal('update'), kind: z.enum(KINDS), id: z.string(), row }),
  z.object({ op: z.literal('delete'), kind: z.enum(KINDS), id: z.string() }),
]);
const mutationSchema = z.object({ changes: z.array(change) });
export type Change = z.input<typeof change>;

/**
 * Applies changes in order, as if people had made them now: dates of change are set, a new note
 * touches its client.
 * @returns the id of each changed row
 * @throws ControlError (404) when a row to change is not there
 */
export function mutate(
  account: ClientTetherAccount,
  body: unknown,
  now: number,
): { ids: string[] } {
  const { changes } = mutationSchema.parse(body);
  return { ids: changes.map((one) => applyChange(account, one, dateTime(now))) };
}

function applyChange(
  account: ClientTetherAccount,
  one: z.output<typeof change>,
  now: string,
): string {
  const table = account[one.kind];
  if (one.op === 'add') return add(account, one.kind, one.row, now);
  const owner = one.kind === 'notes' ? account.notes.findClientId(one.id) : undefined;
  const hit =
    one.op === 'update'
      ? table.update(one.id, { ...stamp(one.kind, now), ...one.row })
      : table.delete(one.id);
  if (!hit) throw new ControlError(`no ${one.kind} row ${one.id}`, 404);
  if (one.kind === 'clients' && one.op === 'delete') account.notes.dropClient(one.id);
  touch(account, owner, now);
  return one.id;
}

function add(account: ClientTetherAccount, kind: Kind, given: Row, now: string): string {
  const idField = ID_FIELD[kind];
  const id = given[idField] === undefined ? account.freshId() : String(given[idField]);
  const dates: Row =
    kind === 'notes'
      ? { date: now }
      : { ...('created' in blankRow(kind, id) && { created: now }), ...stamp(kind, now) };
  account[kind].add({ ...blankRow(kind, id), ...dates, ...given });
  if (kind === 'notes') touch(account, String(given.contact_id), now);
  return id;
}

function touch(account: ClientTetherAccount, clientId: string | undefined, now: string): void {
  if (clientId !== undefined) account.clients.update(clientId, { last_modified_date: now });
}

function stamp(kind: Kind, now: string): Row {
  return kind === 'clients' || kind === 'opportunities' ? { last_modified_date: now } : {};
}
