import { RemoteError } from '../../../platform/http/errors.ts';
import type { HttpClient } from '../../../platform/http/types.ts';
import type {
  ObjectRole,
  RecordChange,
  RemoteRecord,
  RemoteObjects,
  SearchKey,
  TargetMetadata,
  WriteResult,
} from '../../contract/destination.ts';
import { pickFields } from '../../kit/destination.ts';
import { buildPayload, toRemoteRecord } from './rows.ts';
import { OUR_KEY, buildFilter, matchesDomain, quoteLiteral } from './search.ts';
import { TABLES } from './objects.ts';
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

/** The objects of one environment. `metadata` says which fields and keys they have. */
export function createRemoteObjects(
  http: HttpClient,
  root: string,
  metadata: TargetMetadata,
): RemoteObjects {
  const environment = { http, root, metadata };
  return {
    // The Web API creates a record under the id that its address names.
    toId: (_role, key) => key,
    read: (role, id, fields) => readRecord(environment, role, toRecordPath({ role, id }), fields),
    readOwn: (role, { key }, fields) =>
      readRecord(environment, role, toRecordPath({ role, id: key }), fields),
    search: (role, key, fields) => searchRecords(environment, role, key, fields),
    create: ({ key, leadId: _lead, ...given }, { detect }) =>
      writeRecord(
        environment,
        `the new ${TABLES[given.role].name}`,
        { ...given, id: key },
        {
          'if-none-match': '*',
          ...(detect && { 'mscrm.suppressduplicatedetection': 'false' }),
        },
      ),
    update: (given) =>
      writeRecord(environment, `the changes to the ${TABLES[given.role].name}`, given, {
        'if-match': given.version,
      }),
    remove: (role, id, version) => removeRecord(environment, { role, id }, version),
  };
}

interface Environment {
  http: HttpClient;
  root: string;
  metadata: TargetMetadata;
}

const toRecordPath = ({ role, id }: Pick<RecordChange, 'role' | 'id'>): string =>
  `${TABLES[role].set}(${id})`;

const hasField = ({ metadata }: Environment, role: ObjectRole, name: string): boolean =>
  metadata.objects[role]?.fields.some((field) => field.name === name) === true;

async function readRecord(
  environment: Environment,
  role: ObjectRole,
  recordPath: string,
  fields: readonly string[],
): Promise<RemoteRecord | null> {
  const { http, root } = environment;
  const select = selectClause(environment, role, fields);
  const response = await send(http, root, { path: `${recordPath}?$select=${select}` });
  if (isMissing(response)) return null;
  if (response.status >= 400)
    throw createRefusalError(`a request for a record of ${TABLES[role].set}`, response);
  return toRemoteRecord(role, response.body, fields);
}

function selectClause(
  environment: Environment,
  role: ObjectRole,
  fields: readonly string[],
): string {
  const { id, parents } = TABLES[role];
  const optional = [OUR_KEY, 'emailaddress1', 'websiteurl'];
  const names = [
    id,
    'statecode',
    'modifiedon',
    ...optional.filter((name) => hasField(environment, role, name)),
    ...Object.values(parents).map(({ column }) => column),
    ...fields,
  ];
  return [...new Set(names)].join(',');
}

async function searchRecords(
  environment: Environment,
  role: ObjectRole,
  key: SearchKey,
  fields: readonly string[],
): Promise<RemoteRecord[]> {
  if (key.by === 'ours' && hasOurKey(environment, role)) {
    const path = `${TABLES[role].set}(${OUR_KEY}=${quoteLiteral(key.leadId)})`;
    const found = await readRecord(environment, role, path, fields);
    return found === null ? [] : [found];
  }
  const filter = buildFilter(role, key, (name) => hasField(environment, role, name));
  if (filter === null) return [];
  const rows = await fetchRows(environment, role, [
    `$select=${selectClause(environment, role, fields)}`,
    `$filter=${encodeURIComponent(filter)}`,
  ]);
  return rows
    .filter((row) => key.by !== 'domain' || matchesDomain(row, key.domain))
    .map((row) => toRemoteRecord(role, row, fields));
}

/** Whether our key is an active alternate key, by which a record can be addressed directly. */
const hasOurKey = ({ metadata }: Environment, role: ObjectRole): boolean =>
  metadata.objects[role]?.keys.some((columns) => columns.length === 1 && columns[0] === OUR_KEY) ===
  true;

async function fetchRows(
  { http, root }: Environment,
  role: ObjectRole,
  query: readonly string[],
): Promise<Record<string, unknown>[]> {
  const { set } = TABLES[role];
  const parameters = [...query, '$orderby=createdon', `$top=${MAX_FOUND}`].join('&');
  const response = await send(http, root, { path: `${set}?${parameters}` });
  if (response.status >= 400) throw createRefusalError(`a search in ${set}`, response);
  const rows = response.body['value'];
  return Array.isArray(rows) ? (rows as Record<string, unknown>[]) : [];
}

async function writeRecord(
  { http, root }: Environment,
  what: string,
  { role, id, values, parents }: Omit<RecordChange, 'version'>,
  headers: Record<string, string>,
): Promise<WriteResult> {
  const sent = Object.keys(values);
  const response = await send(http, root, {
    method: 'PATCH',
    path: `${toRecordPath({ role, id })}?$select=${[TABLES[role].id, ...sent].join(',')}`,
    json: buildPayload(role, values, parents),
    headers: { prefer: 'return=representation', ...headers },
    effect: 'once',
  });
  return toWriteResult(what, response, { id, headers, sent });
}

async function removeRecord(
  { http, root }: Environment,
  record: Pick<RecordChange, 'role' | 'id'>,
  version: string,
): Promise<WriteResult> {
  const headers = { 'if-match': version };
  const path = toRecordPath(record);
  const response = await send(http, root, {
    method: 'DELETE',
    path,
    headers,
    effect: 'once',
  });
  return toWriteResult(`the removal of the ${TABLES[record.role].name}`, response, {
    id: record.id,
    headers,
  });
}

/** What a write was about, and what it sent. */
interface Sent {
  id: string;
  headers: Record<string, string>;
  sent?: readonly string[];
}

function toWriteResult(
  what: string,
  response: WebApiResponse,
  { id, headers, sent = [] }: Sent,
): WriteResult {
  const { status, body } = response;
  if (status < 300)
    return {
      kind: 'done',
      id,
      version: String(body['@odata.etag'] ?? response.headers['etag'] ?? ''),
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
