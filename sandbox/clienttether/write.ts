import { dateTime, type SandboxClock } from '../kit/clock.ts';
import type { Reply, SandboxRequest } from '../kit/provider.ts';
import type { Lookups } from './account.ts';
import { WRITTEN_AS_ID } from './lookups.ts';
import type { Call, Handler } from './read.ts';
import { blankClient, type Row } from './rows.ts';

/** Taken by the API itself; every other parameter name is kept as a custom field. */
const NOT_STORED = new Set([
  'client_id',
  'append_whiteboard',
  'smsok',
  ...Object.keys(WRITTEN_AS_ID),
]);

/**
 * POST endpoints. Fields come in the query string, as a form or as JSON; all are used in the wild.
 */
export function writes(clock: SandboxClock): Record<string, Handler> {
  return {
    create_client: (call) => create(call, clock.now()),
    update_client_by_id: (call) => update(call, clock.now()),
  };
}

/** DELETE endpoints, with a JSON body. */
export const DELETES: Record<string, Handler> = {
  delete_client_by_id: (call) => remove(call, String(parseFields(call.request).client_id ?? '')),
  delete_client_by_external_id: (call) => {
    const wanted = String(parseFields(call.request).external_id ?? '');
    const found = call.account.clients
      .page(0, Infinity)
      .find((row) => wanted !== '' && row.external_id === wanted);
    return remove(call, found ? String(found.client_id) : '', { external_id: wanted });
  },
};

/** Never looks for duplicates: that is a setting of the real accounts and off by default. */
function create({ account, envelope, request }: Call, now: number): Reply {
  const fields = parseFields(request);
  if (!fields.firstName || !fields.lastName)
    return envelope.failure('400', 'firstName and lastName are required', { client_id: false });
  const id = account.freshId();
  const stamp = { created: dateTime(now), last_modified_date: dateTime(now) };
  const row: Row = { ...blankClient(id), ...stored(fields, account.lookups), ...stamp };
  account.clients.add(row);
  return envelope.data([{ client_id: id, external_id: row.external_id || false }], 1);
}

function update({ account, envelope, request }: Call, now: number): Reply {
  const fields = parseFields(request);
  const id = String(fields.client_id ?? '');
  const before = account.clients.get(id);
  if (!before) return envelope.noRecord({ external_id: fields.external_id ?? false });
  const appended = fields.append_whiteboard
    ? { whiteboard: `${String(before.whiteboard)}${String(fields.append_whiteboard)}` }
    : {};
  account.clients.update(id, {
    ...stored(fields, account.lookups),
    ...appended,
    last_modified_date: dateTime(now),
  });
  return envelope.done();
}

/** A client with an opportunity is in use and stays. */
function remove({ account, envelope }: Call, id: string, extra: Row = {}): Reply {
  if (!account.clients.get(id)) return envelope.noRecord(extra);
  if (account.inUse(id)) return envelope.failure('512', 'Client is in use and can not be deleted');
  account.clients.delete(id);
  account.notes.dropClient(id);
  return envelope.done();
}

function stored(fields: Row, lookups: Lookups): Row {
  const row: Row = {};
  for (const [name, value] of Object.entries(fields)) {
    const lookup = WRITTEN_AS_ID[name];
    if (lookup) row[lookup.readAs] = lookup.names(lookups)[Number(value) - lookup.firstId] ?? '';
    else if (name === 'phone') row.phone = String(value).replace(/\D/g, '');
    else if (!NOT_STORED.has(name)) row[name] = String(value);
  }
  return row;
}

function parseFields({ query, headers, body }: SandboxRequest): Row {
  const fromQuery = Object.fromEntries(query);
  if (body === '') return fromQuery;
  if (headers['content-type']?.includes('application/x-www-form-urlencoded'))
    return { ...fromQuery, ...Object.fromEntries(new URLSearchParams(body)) };
  try {
    const parsed: unknown = JSON.parse(body);
    return typeof parsed === 'object' && parsed !== null ? { ...fromQuery, ...parsed } : fromQuery;
  } catch {
    return fromQuery;
  }
}
