import type { ClientTetherAccount } from './account.ts';
import { CLIENT_FIELDS, OPPORTUNITY_FIELDS, type Row } from './rows.ts';

type Shape = (row: Row) => Row;

/** Turns canonical rows into the field names that an account serves. */
export function chooseShapes({ identity }: ClientTetherAccount): {
  client: Shape;
  opportunity: Shape;
  note: Shape;
  activity: Shape;
} {
  const prefixed = identity.dialect === 'prefixed';
  const nested = identity.customFields === 'nested';
  return {
    client: nested ? (row) => nest(row, CLIENT_FIELDS) : same,
    opportunity: nested ? (row) => nest(row, OPPORTUNITY_FIELDS) : same,
    note: prefixed ? (row) => rename(row, NOTE_NAMES) : same,
    activity: prefixed ? (row) => rename(row, ACTIVITY_NAMES) : same,
  };
}

const NOTE_NAMES: Record<string, string> = {
  id: 'note_id',
  contact_id: 'client_id',
  date: 'created',
  author: 'user_name',
  content: 'note',
};
const ACTIVITY_NAMES: Record<string, string> = {
  id: 'activity_id',
  type: 'activity_type',
  scheduled_at: 'start_date',
  contact_name: 'client_name',
  description: 'note',
  status: 'activity_status',
};

const same: Shape = (row) => row;

function rename(row: Row, names: Record<string, string>): Row {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [names[name] ?? name, value]),
  );
}

function nest(row: Row, known: ReadonlySet<string>): Row {
  const entries = Object.entries(row);
  const custom = entries.filter(([name]) => !known.has(name));
  return {
    ...Object.fromEntries(entries.filter(([name]) => known.has(name))),
    custom_fields: Object.fromEntries(custom),
  };
}
