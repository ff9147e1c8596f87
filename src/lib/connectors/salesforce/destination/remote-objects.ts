import { RemoteError } from '../../../platform/http/errors.ts';
import type {
  RecordChange,
  RemoteObjects,
  RemoteRecord,
  SearchKey,
  TargetMetadata,
  WriteResult,
} from '../../contract/destination.ts';
import { toObject, tryParseJson } from '../../kit/json.ts';
import { normalizeId } from '../ids.ts';
import { OUR_KEY } from '../our-key.ts';
import type { Access } from '../request.ts';
import { buildQuery, formatText } from '../soql.ts';
import { OBJECT } from './metadata.ts';
import { createRefusalError, exchange, isMissing, type RestResponse } from './rest.ts';
import { SYSTEM_FIELDS, toRemoteRecord } from './rows.ts';
import { buildCondition, matchesDomain } from './search.ts';

/** Records that a search returns at most. */
const MAX_FOUND = 10;

/**
 * Assignment rules would give the lead to somebody whom the customer did not ask for. Source:
 * https://developer.salesforce.com/docs/platform/api-rest/guide/headers-autoassign.md
 */
const NO_ASSIGNMENT = { 'sforce-auto-assign': 'FALSE' };
/**
 * Saves a lead in spite of a rule that only warns of duplicates; a rule that blocks them blocks it
 * all the same. Source:
 * https://developer.salesforce.com/docs/platform/api-rest/guide/headers-duplicaterules.html
 */
const ALLOW_DUPLICATE = { 'sforce-duplicate-rule-header': 'allowSave=true' };

/** The leads of one organisation. `metadata` says which fields they have. */
export function createRemoteObjects(access: Access, metadata: TargetMetadata): RemoteObjects {
  const names = new Set(metadata.objects.lead?.fields.map(({ name }) => name));
  const leads: Leads = { access, hasField: (name) => names.has(name) };
  return {
    // Salesforce chooses the ids.
    toId: () => null,
    read: (_role, id, fields) => findOne(leads, `Id = ${formatText(id)}`, fields),
    readOwn: (_role, { leadId }, fields) =>
      findOne(leads, `${OUR_KEY} = ${formatText(leadId)}`, fields),
    search: (_role, key, fields) => searchLeads(leads, key, fields),
    create: ({ leadId, values }, { detect }) =>
      createLead(leads, { ...values, [OUR_KEY]: leadId }, detect),
    update: (change) => updateLead(leads, change),
    remove: (_role, id, version) => removeLead(leads, id, version),
  };
}

interface Leads {
  access: Access;
  hasField: (name: string) => boolean;
}

/** One lead by a condition that holds for one at most; those in the recycle bin are gone. */
async function findOne(
  leads: Leads,
  condition: string,
  fields: readonly string[],
): Promise<RemoteRecord | null> {
  const [row] = await queryRows(leads, condition, fields);
  return row === undefined ? null : toRemoteRecord(row, fields);
}

async function searchLeads(
  leads: Leads,
  key: SearchKey,
  fields: readonly string[],
): Promise<RemoteRecord[]> {
  const condition = buildCondition(key, leads.hasField);
  if (condition === null) return [];
  const rows = await queryRows(leads, condition, fields);
  return rows
    .filter((row) => key.by !== 'domain' || matchesDomain(row, key.domain))
    .map((row) => toRemoteRecord(row, fields));
}

async function queryRows(
  { access, hasField }: Leads,
  condition: string,
  fields: readonly string[],
): Promise<object[]> {
  const known = [...SYSTEM_FIELDS, 'Website', ...fields].filter(hasField);
  const query = buildQuery({
    object: OBJECT,
    select: [...new Set([...known, 'Id', OUR_KEY])],
    conditions: [condition],
    order: ['CreatedDate', 'Id'],
  });
  const q = encodeURIComponent(`${query} LIMIT ${MAX_FOUND}`);
  const response = await exchange(access, { path: `query?q=${q}` });
  const rows = toObject(tryParseJson(response.body))['records'];
  if (response.status >= 300 || !Array.isArray(rows))
    throw createRefusalError('a search for leads', response);
  return rows.map(toObject);
}

/**
 * Our id in the new lead is unique there, so a request whose answer was lost can be sent again: the
 * second lead is refused.
 */
async function createLead(
  leads: Leads,
  values: Record<string, unknown>,
  detect: boolean,
): Promise<WriteResult> {
  const response = await exchange(leads.access, {
    method: 'POST',
    path: `sobjects/${OBJECT}`,
    json: values,
    headers: { ...NO_ASSIGNMENT, ...(!detect && ALLOW_DUPLICATE) },
    effect: 'once',
  });
  if (response.status >= 300) return toRefusal('the new lead', response);
  const { id } = toObject(tryParseJson(response.body));
  if (typeof id !== 'string')
    throw new RemoteError('transient', 'Salesforce did not say which lead it created.');
  return readBack(leads, normalizeId(id), Object.keys(values));
}

/** Changes it on the condition that nobody has changed it since the second of that version. */
async function updateLead(
  leads: Leads,
  { id, version, values }: RecordChange,
): Promise<WriteResult> {
  const response = await exchange(leads.access, {
    method: 'PATCH',
    path: `sobjects/${OBJECT}/${id}`,
    json: values,
    headers: {
      ...NO_ASSIGNMENT,
      ...ALLOW_DUPLICATE,
      ...(version !== '' && { 'if-unmodified-since': new Date(version).toUTCString() }),
    },
    effect: 'once',
  });
  if (response.status >= 300) return toRefusal('the changes to the lead', response);
  return readBack(leads, id, Object.keys(values));
}

/** A write tells neither the new version nor what Salesforce made of the values. */
async function readBack(
  leads: Leads,
  id: string,
  written: readonly string[],
): Promise<WriteResult> {
  const fields = written.filter((name) => name !== OUR_KEY);
  const record = await findOne(leads, `Id = ${formatText(id)}`, fields);
  if (record === null) return { kind: 'done', id, version: '', kept: {} };
  return { kind: 'done', id, version: record.version, kept: record.values };
}

/** Conditions do not hold for deletions, so that the version is compared just before. */
async function removeLead(leads: Leads, id: string, version: string): Promise<WriteResult> {
  const record = await findOne(leads, `Id = ${formatText(id)}`, []);
  if (record === null) return { kind: 'gone' };
  if (record.version !== version || record.standing !== 'open') return { kind: 'stale' };
  const response = await exchange(leads.access, {
    method: 'DELETE',
    path: `sobjects/${OBJECT}/${id}`,
    effect: 'once',
  });
  if (response.status >= 300) return toRefusal('the removal of the lead', response);
  return { kind: 'done', id, version: '', kept: {} };
}

/** A lead that was converted or changed since is read again, which tells what it is now. */
function toRefusal(what: string, response: RestResponse): WriteResult {
  const { status, code } = response;
  if (isMissing(response)) return { kind: 'gone' };
  if (code === 'DUPLICATE_VALUE') return { kind: 'exists' };
  if (code === 'DUPLICATES_DETECTED') return { kind: 'duplicate' };
  if (status === 412 || code === 'CANNOT_UPDATE_CONVERTED_LEAD') return { kind: 'stale' };
  throw createRefusalError(what, response);
}
