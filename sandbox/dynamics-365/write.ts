import { json, type Reply, type SandboxRequest } from '../kit/provider.ts';
import { parseKey, findRow, type Key } from './address.ts';
import { badPayload, CODES, notFound, Refusal } from './errors.ts';
import { buildContextUrl } from './list.ts';
import type { Org } from './org.ts';
import { parsePreferences } from './prefer.ts';
import { same, type Row } from './store.ts';
import type { Table } from './tables.ts';
import { buildDefaults, parseValues, withState } from './validate.ts';
import { formatEtag, selected, wireRow } from './wire.ts';

/** POST of a table: a new row, with the id that the caller gives it if any. */
export function create(org: Org, table: Table, request: SandboxRequest): Reply {
  return written(org, table, request, insert(org, table, request, {}), 201);
}

/**
 * PATCH of a row. Without a condition it makes the row when there is none, one that was deleted
 * included.
 */
export function patch(org: Org, table: Table, request: SandboxRequest): Reply {
  const key = parseKey(table, request.params.key ?? '');
  const row = findRow(org.store, table, key);
  meetConditions(table, key, row, request);
  if (row === undefined)
    return written(
      org,
      table,
      request,
      insert(org, table, request, 'id' in key ? { [table.id]: key.id } : key.alternate),
      201,
    );
  org.need(`write:${table.name}`);
  const values = withState(table, parseValues(org.store, table, parseBody(request), 'update'));
  if (table.name === 'lead' && row.statecode !== 0)
    throw badPayload('The lead is already closed.', CODES.closed);
  refuseSameKey(org, table, values, row);
  refuseDuplicates(org, table, values, request, row);
  // The columns that make up the address do not change by it.
  const id = String(row[table.id]);
  const changed = org.store.update(table.name, id, { ...values, [table.id]: id }, org.now());
  if (changed === undefined) throw notFound(table.name, id);
  return written(org, table, request, changed, 200);
}

export function remove(org: Org, table: Table, request: SandboxRequest): Reply {
  const key = parseKey(table, request.params.key ?? '');
  org.need(`delete:${table.name}`);
  const row = findRow(org.store, table, key);
  if (row === undefined) throw notFound(table.name, describeKey(key));
  meetConditions(table, key, row, request);
  org.store.delete(table.name, String(row[table.id]), org.now());
  return { status: 204, body: '' };
}

function insert(org: Org, table: Table, request: SandboxRequest, fromAddress: Row): Row {
  org.need(`create:${table.name}`);
  // What the payload says wins over the address.
  const values = { ...fromAddress, ...parseValues(org.store, table, parseBody(request), 'create') };
  const id = typeof values[table.id] === 'string' ? String(values[table.id]) : org.freshId();
  if (org.store.row(table.name, id) !== undefined)
    throw new Refusal(412, CODES.duplicateKey, 'A record with matching key values already exists.');
  refuseIncomplete(org, table, values);
  refuseSameKey(org, table, values, undefined);
  refuseDuplicates(org, table, values, request, undefined);
  return org.store.insert(
    table.name,
    id,
    withState(table, { ...buildDefaults(table, org.userId), ...values }),
    org.now(),
    'api',
  );
}

/** What the system itself fills in is never missing. */
const FILLED_BY_SYSTEM = ['id', 'state', 'status', 'lookup', 'boolean', 'option'];

function refuseIncomplete(org: Org, table: Table, values: Row): void {
  const enforced =
    org.spec.enforcesBusinessRequired === true
      ? ['SystemRequired', 'ApplicationRequired']
      : ['SystemRequired'];
  for (const { name, required, type } of table.columns) {
    if (!enforced.includes(required) || FILLED_BY_SYSTEM.includes(type)) continue;
    if ((values[name] ?? '') === '')
      throw badPayload(`The column '${name}' of ${table.name} is required.`, CODES.required);
  }
}

/**
 * If-Match: * or an etag changes only what there is; If-None-Match: * only makes what there is not.
 */
function meetConditions(
  table: Table,
  key: Key,
  row: Row | undefined,
  { headers }: SandboxRequest,
): void {
  const match = headers['if-match'];
  if (match !== undefined && row === undefined) throw notFound(table.name, describeKey(key));
  if (match !== undefined && match !== '*' && row !== undefined && match !== formatEtag(row))
    throw new Refusal(
      412,
      CODES.version,
      "The version of the existing record doesn't match the RowVersion property provided.",
    );
  if (headers['if-none-match'] === '*' && row !== undefined)
    throw new Refusal(412, CODES.duplicateKey, 'A record with matching key values already exists.');
}

function refuseSameKey(org: Org, table: Table, values: Row, own: Row | undefined): void {
  for (const column of table.keys) {
    const value = values[column] ?? null;
    const other = value === null ? undefined : org.store.find(table.name, column, value);
    if (other !== undefined && other[table.id] !== own?.[table.id])
      throw org.spec.keyConflictCode === CODES.entityKey
        ? new Refusal(
            412,
            CODES.entityKey,
            `Entity Key ${column}_key violated. A record with the same value for ${column} ` +
              'already exists.',
          )
        : new Refusal(412, CODES.duplicateKey, 'A record with matching key values already exists.');
  }
}

/** Only when it is asked for: through the Web API duplicate detection is off. */
function refuseDuplicates(
  org: Org,
  table: Table,
  values: Row,
  { headers }: SandboxRequest,
  own: Row | undefined,
): void {
  if (
    table.name !== 'lead' ||
    String(headers['mscrm.suppressduplicatedetection']).toLowerCase() !== 'false'
  )
    return;
  for (const column of org.spec.duplicateColumns ?? ['emailaddress1']) {
    const value = values[column] ?? null;
    if (value === null || value === '') continue;
    const others = org.store
      .rows('lead')
      .filter(
        (row) =>
          row[table.id] !== own?.[table.id] &&
          row.statecode === 0 &&
          same(row[column] ?? null, value),
      );
    if (others.length > 0)
      throw new Refusal(
        org.spec.duplicateStatus ?? 412,
        CODES.duplicate,
        'A record was not created or updated because a duplicate ' +
          'of the current record already exists.',
      );
  }
}

/** With a representation the response holds the row and no longer its address. */
function written(
  org: Org,
  table: Table,
  request: SandboxRequest,
  row: Row,
  status: 200 | 201,
): Reply {
  const address = `${org.root}/api/data/v9.2/${table.set}(${String(row[table.id])})`;
  const prefer = parsePreferences(request.headers);
  if (!prefer.representation)
    return {
      status: 204,
      headers: { 'odata-version': '4.0', 'odata-entityid': address },
      body: '',
    };
  const shown = wireRow(
    org.store,
    table,
    row,
    selected(table, request.query.get('$select')),
    prefer,
  );
  const reply = json(
    { '@odata.context': buildContextUrl(request, table, '/$entity'), ...shown },
    status,
  );
  return { ...reply, headers: { ...reply.headers, 'preference-applied': prefer.applied } };
}

function parseBody({ body }: SandboxRequest): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(body);
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed))
      return parsed as Record<string, unknown>;
  } catch {
    // Told below.
  }
  throw badPayload('The payload is not a JSON object.');
}

const describeKey = (key: Key): string => ('id' in key ? key.id : JSON.stringify(key.alternate));
