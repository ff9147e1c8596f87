import { RemoteError } from '../../../platform/http/errors.ts';
import type { HttpClient } from '../../../platform/http/types.ts';
import type {
  PushTable,
  RemoteRecord,
  RemoteTables,
  SearchKey,
  TargetMetadata,
  Write,
  WriteResult,
} from '../../contract/destination.ts';
import { buildPayload, pickFields, toRemoteRecord } from './rows.ts';
import { OUR_KEY, buildFilter, matchesDomain, quoteLiteral } from './search.ts';
import { TABLES } from './table-names.ts';
import {
  createRefusalError,
  isDuplicate,
  isKeyConflict,
  isMissing,
  send,
  type WebApiResponse,
} from './web-api.ts';

const KEY_TAKEN =
  'Another record in Dynamics 365 already has a value that must be unique there (an alternate ' +
  'key). Correct or merge one of the two, then send the lead again.';

/** Records that a search returns at most. */
const MAX_FOUND = 10;

/** The tables of one environment. `metadata` says which fields and keys they have. */
export function createRemoteTables(
  http: HttpClient,
  root: string,
  metadata: TargetMetadata,
): RemoteTables {
  const environment = { http, root, metadata };
  return {
    read: (table, id, fields) =>
      readRecord(environment, table, toRecordPath({ table, id }), fields),
    search: (table, key, fields) => searchRecords(environment, table, key, fields),
    create: (given, { detect }) =>
      writeRecord(environment, `the new ${given.table}`, given, {
        'if-none-match': '*',
        ...(detect && { 'mscrm.suppressduplicatedetection': 'false' }),
      }),
    update: (given) =>
      writeRecord(environment, `the changes to the ${given.table}`, given, {
        'if-match': given.etag,
      }),
    remove: (table, id, etag) => removeRecord(environment, { table, id }, etag),
  };
}

interface Environment {
  http: HttpClient;
  root: string;
  metadata: TargetMetadata;
}

const toRecordPath = ({ table, id }: Pick<Write, 'table' | 'id'>): string =>
  `${TABLES[table].set}(${id})`;

const hasField = ({ metadata }: Environment, table: PushTable, name: string): boolean =>
  metadata.tables[table].fields.some((field) => field.name === name);

async function readRecord(
  environment: Environment,
  table: PushTable,
  recordPath: string,
  fields: readonly string[],
): Promise<RemoteRecord | null> {
  const { http, root } = environment;
  const select = selectClause(environment, table, fields);
  const response = await send(http, root, { path: `${recordPath}?$select=${select}` });
  if (isMissing(response)) return null;
  if (response.status >= 400)
    throw createRefusalError(`a request for a record of ${TABLES[table].set}`, response);
  return toRemoteRecord(table, response.body, fields);
}

function selectClause(
  environment: Environment,
  table: PushTable,
  fields: readonly string[],
): string {
  const { id, parents } = TABLES[table];
  const optional = [OUR_KEY, 'emailaddress1', 'websiteurl'];
  const names = [
    id,
    'statecode',
    'modifiedon',
    ...optional.filter((name) => hasField(environment, table, name)),
    ...Object.values(parents).map(({ column }) => column),
    ...fields,
  ];
  return [...new Set(names)].join(',');
}

async function searchRecords(
  environment: Environment,
  table: PushTable,
  key: SearchKey,
  fields: readonly string[],
): Promise<RemoteRecord[]> {
  if (key.by === 'ours' && hasOurKey(environment, table)) {
    const path = `${TABLES[table].set}(${OUR_KEY}=${quoteLiteral(key.leadId)})`;
    const found = await readRecord(environment, table, path, fields);
    return found === null ? [] : [found];
  }
  const filter = buildFilter(table, key, (name) => hasField(environment, table, name));
  if (filter === null) return [];
  const rows = await fetchRows(environment, table, [
    `$select=${selectClause(environment, table, fields)}`,
    `$filter=${encodeURIComponent(filter)}`,
  ]);
  return rows
    .filter((row) => key.by !== 'domain' || matchesDomain(row, key.domain))
    .map((row) => toRemoteRecord(table, row, fields));
}

/** Whether our key is an active alternate key, by which a record can be addressed directly. */
const hasOurKey = ({ metadata }: Environment, table: PushTable): boolean =>
  metadata.tables[table].keys.some((columns) => columns.length === 1 && columns[0] === OUR_KEY);

async function fetchRows(
  { http, root }: Environment,
  table: PushTable,
  query: readonly string[],
): Promise<Record<string, unknown>[]> {
  const { set } = TABLES[table];
  const parameters = [...query, '$orderby=createdon', `$top=${MAX_FOUND}`].join('&');
  const response = await send(http, root, { path: `${set}?${parameters}` });
  if (response.status >= 400) throw createRefusalError(`a search in ${set}`, response);
  const rows = response.body['value'];
  return Array.isArray(rows) ? (rows as Record<string, unknown>[]) : [];
}

async function writeRecord(
  { http, root }: Environment,
  what: string,
  { table, id, values, parents }: Write,
  headers: Record<string, string>,
): Promise<WriteResult> {
  const sent = Object.keys(values);
  const response = await send(http, root, {
    method: 'PATCH',
    path: `${toRecordPath({ table, id })}?$select=${[TABLES[table].id, ...sent].join(',')}`,
    json: buildPayload(table, values, parents),
    headers: { prefer: 'return=representation', ...headers },
    effect: 'once',
  });
  return toWriteResult(what, response, headers, sent);
}

async function removeRecord(
  { http, root }: Environment,
  record: Pick<Write, 'table' | 'id'>,
  etag: string,
): Promise<WriteResult> {
  const headers = { 'if-match': etag };
  const path = toRecordPath(record);
  const response = await send(http, root, {
    method: 'DELETE',
    path,
    headers,
    effect: 'once',
  });
  return toWriteResult(`the removal of the ${record.table}`, response, headers);
}

function toWriteResult(
  what: string,
  response: WebApiResponse,
  headers: Record<string, string>,
  sent: readonly string[] = [],
): WriteResult {
  const { status, body } = response;
  if (status < 300)
    return {
      kind: 'done',
      etag: String(body['@odata.etag'] ?? response.headers['etag'] ?? ''),
      kept: pickFields(body, sent),
    };
  if (isDuplicate(response)) return { kind: 'duplicate' };
  if (isMissing(response)) return { kind: 'gone' };
  if (status === 412 || status === 409) {
    if (!('if-match' in headers)) return { kind: 'exists' };
    if (!isKeyConflict(response)) return { kind: 'stale' };
    throw new RemoteError('malformed', `${KEY_TAKEN} (HTTP ${status}, ${response.code})`, {
      status,
    });
  }
  throw createRefusalError(what, response);
}
