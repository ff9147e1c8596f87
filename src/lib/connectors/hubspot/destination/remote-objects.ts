import { RemoteError } from '../../../platform/http/errors.ts';
import type { HttpRequest, HttpResponse } from '../../../platform/http/types.ts';
import type {
  FieldValue,
  RecordChange,
  RecordKey,
  RemoteObjects,
  RemoteRecord,
  SearchKey,
  TargetMetadata,
  WriteResult,
} from '../../contract/destination.ts';
import { pickFields } from '../../kit/destination.ts';
import { toObject, tryParseJson } from '../../kit/json.ts';
import { parseRow, parseSearch, type Row } from '../answers.ts';
import { OUR_KEY } from '../our-key.ts';
import { exchange, paths, post, toUrl, type Access } from '../request.ts';
import { SYSTEM_PROPERTIES, toProperties, toRemoteRecord, toText } from './contacts.ts';
import { OBJECT } from './metadata.ts';
import { createRefusalError, isTaken } from './refusals.ts';

const ROOT = `${paths.objects}/${OBJECT}`;
const VALUE_TAKEN =
  'Another contact in HubSpot already has the e-mail address, or another value that must be unique ' +
  'there. Correct or merge one of the two, then send the lead again.';

/** Records that a search returns at most. */
const MAX_FOUND = 10;
const EMAIL = 'email';
/** The domain of the e-mail address, which HubSpot derives. */
const DOMAIN = 'hs_email_domain';

/**
 * The contacts of one account. By id, by e-mail address and by our id a contact is read as it is
 * now; only searches lag behind, so nothing that must be found depends on them.
 */
export function createRemoteObjects(access: Access, { objects }: TargetMetadata): RemoteObjects {
  const names = new Set(objects.lead?.fields.map(({ name }) => name));
  const contacts: Contacts = { access, hasProperty: (name) => names.has(name) };
  return {
    // HubSpot chooses the ids.
    toId: () => null,
    read: (_role, id, fields) => readContact(contacts, { by: null, value: id }, fields),
    readOwn: (_role, { leadId }, fields) =>
      readContact(contacts, { by: OUR_KEY, value: leadId }, fields),
    search: (_role, key, fields) => searchContacts(contacts, key, fields),
    create: (record) => createContact(contacts, record),
    update: (change) => updateContact(contacts, change),
    remove: (_role, id, version) => archiveContact(contacts, id, version),
  };
}

interface Contacts {
  access: Access;
  hasProperty: (name: string) => boolean;
}

/** A contact by the value of a unique property, or by its id; null when there is none. */
async function readContact(
  { access, hasProperty }: Contacts,
  { by, value }: { by: string | null; value: string },
  fields: readonly string[],
): Promise<RemoteRecord | null> {
  const known = fields.filter(hasProperty);
  const response = await exchange(access, {
    url: toUrl(access, `${ROOT}/${encodeURIComponent(value)}`),
    query: {
      properties: [...new Set([...SYSTEM_PROPERTIES, ...known])].join(','),
      ...(by !== null && { idProperty: by }),
    },
  });
  if (response.status === 404) return null;
  if (response.status >= 300) throw createRefusalError('a request for a contact', response);
  return toRemoteRecord(requireRow(response), known);
}

function requireRow({ body }: HttpResponse): Row {
  const row = parseRow(tryParseJson(body));
  if (row === undefined || row.archived === true)
    throw new RemoteError('transient', 'HubSpot returned something that is not a contact.');
  return row;
}

async function searchContacts(
  contacts: Contacts,
  key: SearchKey,
  fields: readonly string[],
): Promise<RemoteRecord[]> {
  if (key.by === 'lead') return [];
  if (key.by === 'domain') return searchDomain(contacts, key.domain, fields);
  const place =
    key.by === 'ours' ? { by: OUR_KEY, value: key.leadId } : { by: EMAIL, value: key.email };
  const found = await readContact(contacts, place, fields);
  return found === null ? [] : [found];
}

async function searchDomain(
  { access, hasProperty }: Contacts,
  domain: string,
  fields: readonly string[],
): Promise<RemoteRecord[]> {
  if (!hasProperty(DOMAIN)) return [];
  const known = fields.filter(hasProperty);
  const { body } = await post(access, `${ROOT}/search`, {
    filterGroups: [
      { filters: [{ propertyName: DOMAIN, operator: 'EQ', value: domain.toLowerCase() }] },
    ],
    sorts: [{ propertyName: 'createdate', direction: 'ASCENDING' }],
    properties: [...new Set([...SYSTEM_PROPERTIES, ...known])],
    limit: MAX_FOUND,
    after: '0',
  });
  return parseSearch(body).results.flatMap((each) => {
    const row = parseRow(each);
    return row === undefined ? [] : [toRemoteRecord(row, known)];
  });
}

/**
 * Creates a contact by its unique id of ours: sent again, the request finds the contact that it
 * made. Source:
 * https://developers.hubspot.com/docs/api-reference/crm-contacts-v3/guide (upsert contacts)
 */
async function createContact(
  { access }: Contacts,
  { leadId, values }: RecordKey & { values: Record<string, FieldValue> },
): Promise<WriteResult> {
  const input = {
    id: leadId,
    idProperty: OUR_KEY,
    properties: { ...toProperties(values), [OUR_KEY]: leadId },
  };
  const response = await write(access, {
    method: 'POST',
    url: toUrl(access, `${ROOT}/batch/upsert`),
    json: { inputs: [input] },
  });
  if (isTaken(response)) return { kind: 'exists' };
  const [result] = readResults(response);
  const row = parseRow(result);
  if (response.status >= 300 || row === undefined)
    throw createRefusalError('the new contact', response);
  // It was there already: what it holds is read and merged.
  if (toObject(result)['new'] === false) return { kind: 'exists' };
  return toDone(row, Object.keys(values));
}

function readResults({ body }: HttpResponse): unknown[] {
  const { results } = toObject(tryParseJson(body));
  return Array.isArray(results) ? results : [];
}

/** HubSpot has no conditional writes: what is sent wins over a change since the reading. */
async function updateContact(
  { access }: Contacts,
  { id, values }: RecordChange,
): Promise<WriteResult> {
  const response = await write(access, {
    method: 'PATCH',
    url: toUrl(access, `${ROOT}/${id}`),
    json: { properties: toProperties(values) },
  });
  if (response.status === 404) return { kind: 'gone' };
  if (isTaken(response)) throw new RemoteError('malformed', VALUE_TAKEN);
  if (response.status >= 300) throw createRefusalError('the changes to the contact', response);
  return toDone(requireRow(response), Object.keys(values));
}

/** Archives the contact, unless it was changed since, if only by what HubSpot derives. */
async function archiveContact(
  contacts: Contacts,
  id: string,
  version: string,
): Promise<WriteResult> {
  const record = await readContact(contacts, { by: null, value: id }, []);
  if (record === null) return { kind: 'gone' };
  if (record.version !== version) return { kind: 'stale' };
  const { access } = contacts;
  const response = await write(access, { method: 'DELETE', url: toUrl(access, `${ROOT}/${id}`) });
  if (response.status >= 300 && response.status !== 404)
    throw createRefusalError('the removal of the contact', response);
  return { kind: 'done', id, version: '', kept: {} };
}

/**
 * Sends a write. An upsert names its contact, and a change sets what it names and nothing else, so
 * that sending either twice is like sending it once.
 */
const write = (access: Access, request: HttpRequest): Promise<HttpResponse> =>
  exchange(access, { ...request, effect: 'once' });

function toDone(row: Row, sent: readonly string[]): WriteResult {
  const { id, version } = toRemoteRecord(row, []);
  return { kind: 'done', id, version, kept: pickFields(row.properties ?? {}, sent, toText) };
}
