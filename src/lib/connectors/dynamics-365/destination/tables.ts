import type { HttpClient } from '../../../platform/http/types.ts';
import type {
  Parents,
  RemoteRecord,
  RemoteTables,
  SearchKey,
  Write,
  WriteResult,
  FieldValue,
  PushTable,
  TargetMetadata,
} from '../../contract/destination.ts';
import {
  isDuplicate,
  isKeyConflict,
  createRefusalError,
  send,
  type WebApiResponse,
} from './web-api.ts';

interface TableNames {
  set: string;
  id: string;
  /**
   * By which lookup a record points to one of another table, and by which name a payload binds it.
   */
  parents: Partial<Record<PushTable, { column: string; bind: string }>>;
}

const TABLES: Record<PushTable, TableNames> = {
  account: { set: 'accounts', id: 'accountid', parents: {} },
  contact: {
    set: 'contacts',
    id: 'contactid',
    parents: { account: { column: '_parentcustomerid_value', bind: 'parentcustomerid_account' } },
  },
  lead: {
    set: 'leads',
    id: 'leadid',
    parents: {
      account: { column: '_parentaccountid_value', bind: 'parentaccountid' },
      contact: { column: '_parentcontactid_value', bind: 'parentcontactid' },
    },
  },
  opportunity: {
    set: 'opportunities',
    id: 'opportunityid',
    parents: {
      account: { column: '_parentaccountid_value', bind: 'parentaccountid' },
      contact: { column: '_parentcontactid_value', bind: 'parentcontactid' },
      lead: { column: '_originatingleadid_value', bind: 'originatingleadid' },
    },
  },
};

/** The field that holds the id of our lead, where the environment has one. */
const OUR_KEY = 'hnt_leadid';
const STATES: Record<PushTable, readonly string[]> = {
  account: ['active', 'inactive'],
  contact: ['active', 'inactive'],
  lead: ['open', 'qualified', 'disqualified'],
  opportunity: ['open', 'won', 'lost'],
};
const MAX_FOUND = 10;

/** The tables of an environment, by what it says of its own fields. */
export function createRemoteTables(
  http: HttpClient,
  root: string,
  metadata: TargetMetadata,
): RemoteTables {
  const has = (table: PushTable, name: string) =>
    metadata.tables[table].fields.some((field) => field.name === name);
  const selectClause = (table: PushTable, fields: readonly string[]): string => {
    const fixed = [
      'statecode',
      'modifiedon',
      ...[OUR_KEY, 'emailaddress1', 'websiteurl'].filter((name) => has(table, name)),
      ...Object.values(TABLES[table].parents).map(({ column }) => column),
    ];
    return [...new Set([TABLES[table].id, ...fixed, ...fields])].join(',');
  };

  async function read(
    table: PushTable,
    id: string,
    fields: readonly string[],
  ): Promise<RemoteRecord | null> {
    const response = await send(http, root, {
      path: `${TABLES[table].set}(${id})?$select=${selectClause(table, fields)}`,
    });
    if (response.status === 404) return null;
    if (response.status >= 400)
      throw createRefusalError(`a question about a record of ${TABLES[table].set}`, response);
    return toRemoteRecord(table, response.body, fields);
  }

  async function search(
    table: PushTable,
    key: SearchKey,
    fields: readonly string[],
  ): Promise<RemoteRecord[]> {
    if (
      key.by === 'ours' &&
      metadata.tables[table].keys.some((columns) => columns.length === 1 && columns[0] === OUR_KEY)
    ) {
      const response = await send(http, root, {
        path: `${TABLES[table].set}(${OUR_KEY}=${quoteLiteral(key.leadId)})?$select=${selectClause(table, fields)}`,
      });
      if (response.status === 404) return [];
      if (response.status >= 400)
        throw createRefusalError(`a question about a record of ${TABLES[table].set}`, response);
      return [toRemoteRecord(table, response.body, fields)];
    }
    const filter = buildFilter(table, key, has);
    if (filter === null) return [];
    const response = await send(http, root, {
      path: `${TABLES[table].set}?$select=${selectClause(table, fields)}&$filter=${encodeURIComponent(filter)}&$orderby=createdon&$top=${MAX_FOUND}`,
    });
    if (response.status >= 400)
      throw createRefusalError(`a search in ${TABLES[table].set}`, response);
    const rows = Array.isArray(response.body['value'])
      ? (response.body['value'] as Record<string, unknown>[])
      : [];
    return rows
      .filter((row) => key.by !== 'domain' || matchesDomain(row, key.domain))
      .map((row) => toRemoteRecord(table, row, fields));
  }

  async function write(
    what: string,
    path: string,
    { table, values, parents }: Write,
    headers: Record<string, string>,
  ): Promise<WriteResult> {
    const select = [TABLES[table].id, ...Object.keys(values)].join(',');
    const response = await send(http, root, {
      method: 'PATCH',
      path: `${path}?$select=${select}`,
      json: buildPayload(table, values, parents),
      headers: { prefer: 'return=representation', ...headers },
    });
    return toWriteResult(what, response, headers, Object.keys(values));
  }

  return {
    read,
    search,
    create: (given, { detect }) =>
      write(`the new ${given.table}`, toRecordPath(given), given, {
        'if-none-match': '*',
        ...(detect && { 'mscrm.suppressduplicatedetection': 'false' }),
      }),
    update: (given) =>
      write(`the changes of the ${given.table}`, toRecordPath(given), given, {
        'if-match': given.etag,
      }),
    async remove(table, id, etag) {
      const headers = { 'if-match': etag };
      return toWriteResult(
        `to remove the ${table} again`,
        await send(http, root, { method: 'DELETE', path: toRecordPath({ table, id }), headers }),
        headers,
      );
    },
  };
}

const toRecordPath = ({ table, id }: Pick<Write, 'table' | 'id'>): string =>
  `${TABLES[table].set}(${id})`;

/** In an OData literal a quote is doubled. */
const quoteLiteral = (text: string): string => `'${text.replaceAll("'", "''")}'`;

function buildFilter(
  table: PushTable,
  key: SearchKey,
  has: (table: PushTable, name: string) => boolean,
): string | null {
  switch (key.by) {
    case 'ours':
      return has(table, OUR_KEY) ? `${OUR_KEY} eq ${quoteLiteral(key.leadId)}` : null;
    case 'email':
      return has(table, 'emailaddress1') ? `emailaddress1 eq ${quoteLiteral(key.email)}` : null;
    case 'domain': {
      const parts = [
        ...(has(table, 'hnt_domain') ? [`hnt_domain eq ${quoteLiteral(key.domain)}`] : []),
        ...(has(table, 'websiteurl') ? [`contains(websiteurl,${quoteLiteral(key.domain)})`] : []),
      ];
      return parts.length === 0 ? null : parts.join(' or ');
    }
    case 'lead':
      return table === 'opportunity' ? `_originatingleadid_value eq ${key.remoteLeadId}` : null;
  }
}

/**
 * A website that only contains the letters of a domain is another one's: notexample.com,
 * example.com.evil.net.
 */
function matchesDomain(row: Record<string, unknown>, domain: string): boolean {
  const website = row['websiteurl'];
  if (typeof website !== 'string' || website.trim() === '') return true;
  const host =
    /^(?:[a-z][\w+.-]*:\/\/)?([^/?#:@\s]+)/i.exec(website.trim())?.[1]?.toLowerCase() ?? '';
  return host === domain || host.endsWith(`.${domain}`);
}

/** A payload of the Web API. An opportunity's customer is its account, else its contact. Pure. */
export function buildPayload(
  table: PushTable,
  values: Record<string, FieldValue>,
  parents: Parents,
): Record<string, FieldValue> {
  const bound = Object.entries(TABLES[table].parents).flatMap(([parent, { bind }]) => {
    const id = parents[parent as PushTable];
    return id === undefined
      ? []
      : [[`${bind}@odata.bind`, `/${TABLES[parent as PushTable].set}(${id})`] as const];
  });
  const customer =
    table !== 'opportunity'
      ? undefined
      : parents.account !== undefined
        ? (['account', parents.account] as const)
        : parents.contact !== undefined
          ? (['contact', parents.contact] as const)
          : undefined;
  const bind =
    customer === undefined
      ? {}
      : { [`customerid_${customer[0]}@odata.bind`]: `/${TABLES[customer[0]].set}(${customer[1]})` };
  return { ...values, ...Object.fromEntries(bound), ...bind };
}

function toRemoteRecord(
  table: PushTable,
  row: Record<string, unknown>,
  fields: readonly string[],
): RemoteRecord {
  const state = Number(row['statecode'] ?? 0);
  const parents = Object.entries(TABLES[table].parents).flatMap(([parent, { column }]) =>
    typeof row[column] === 'string' ? [[parent, row[column]] as const] : [],
  );
  const modified = typeof row['modifiedon'] === 'string' ? new Date(row['modifiedon']) : null;
  return {
    id: String(row[TABLES[table].id]),
    etag: String(row['@odata.etag']),
    values: pickFields(row, fields),
    parents: Object.fromEntries(parents) as Parents,
    ourLeadId: toText(row[OUR_KEY])?.toLowerCase() ?? null,
    email: toText(row['emailaddress1']),
    isOpen: state === 0,
    status: STATES[table][state] ?? 'closed',
    changedAt: modified === null || Number.isNaN(modified.getTime()) ? null : modified,
  };
}

const pickFields = (
  row: Record<string, unknown>,
  names: readonly string[],
): Record<string, FieldValue> =>
  Object.fromEntries(
    names.filter((name) => name in row).map((name) => [name, (row[name] ?? null) as FieldValue]),
  );
const toText = (value: unknown): string | null =>
  typeof value === 'string' && value.trim() !== '' ? value.trim() : null;

function toWriteResult(
  what: string,
  response: WebApiResponse,
  headers: Record<string, string>,
  sent: readonly string[] = [],
): WriteResult {
  if (response.status < 300)
    return {
      kind: 'done',
      etag: String(response.body['@odata.etag'] ?? response.headers['etag'] ?? ''),
      kept: pickFields(response.body, sent),
    };
  if (isDuplicate(response)) return { kind: 'duplicate' };
  if (response.status === 404) return { kind: 'gone' };
  if (response.status === 412 || response.status === 409)
    return { kind: 'if-match' in headers && !isKeyConflict(response) ? 'stale' : 'exists' };
  throw createRefusalError(what, response);
}
