import { json, type Reply, type SandboxRequest } from '../kit/provider.ts';
import { notFound, Refusal } from './errors.ts';
import type { Field, ObjectName, SObject } from './objects.ts';
import type { Org } from './org.ts';
import { DEFAULT_LENGTH, DEFAULTS, describeRights } from './rights.ts';
import type { Row, Value } from './store.ts';

/*
 * Writing leads: sobjects/Lead and sobjects/Lead/{id}; changing opportunities; making notes and
 * tasks. Sources:
 * https://developer.salesforce.com/docs/platform/api-rest/guide/resources-sobject-basic-info-post.md
 * https://developer.salesforce.com/docs/platform/api-rest/guide/resources-sobject-retrieve-patch.md
 * https://developer.salesforce.com/docs/platform/api-rest/guide/intro-rest-conditional-requests.md
 */

/** POST sobjects/{object} */
export function create(org: Org, request: SandboxRequest): Reply {
  const object = requireWritable(org, request, ['Lead', 'Note', 'Task']);
  const values = readValues(org, object, request, 'createable');
  const missing = object.fields.filter((field) => {
    const { createable, nillable } = describeRights(object, field);
    return createable && !nillable && !DEFAULTS.has(field.name) && isBlank(values[field.name]);
  });
  if (missing.length > 0)
    throw new Refusal(
      400,
      'REQUIRED_FIELD_MISSING',
      `Required fields are missing: [${missing.map(({ name }) => name).join(', ')}]`,
      missing.map(({ name }) => name),
    );
  checkReferences(org, object, values);
  const id = org.freshId(object.name);
  const by = { OwnerId: org.userId, CreatedById: org.userId };
  if (object.name === 'Lead') {
    checkUnique(org, object, values, null);
    checkDuplicates(org, request, values);
  }
  const status = FIRST_STATUS[object.name];
  const defaults = { ...by, ...(status !== undefined && { Status: status }) };
  org.store.insert(object.name, id, { ...defaults, ...values }, org.now());
  return json({ id, success: true, errors: [] }, 201);
}

/** PATCH sobjects/{object}/{id} */
export function update(org: Org, request: SandboxRequest): Reply {
  const object = requireWritable(org, request, ['Lead', 'Opportunity']);
  const row = findRow(org, object, request);
  checkUnmodified(request, row);
  if (row.IsConverted === true)
    throw new Refusal(400, 'CANNOT_UPDATE_CONVERTED_LEAD', 'cannot reference converted lead');
  const values = readValues(org, object, request, 'updateable');
  checkReferences(org, object, values);
  if (object.name === 'Lead') checkUnique(org, object, values, String(row.Id));
  org.store.update(object.name, String(row.Id), values, org.now());
  return { status: 204, body: '' };
}

/** DELETE sobjects/Lead/{id}, into the recycle bin; conditions do not hold for it. */
export function remove(org: Org, request: SandboxRequest): Reply {
  const object = requireWritable(org, request, ['Lead']);
  org.store.delete('Lead', String(findRow(org, object, request).Id), org.now());
  return { status: 204, body: '' };
}

/** The status of a new record that names none. */
const FIRST_STATUS: Partial<Record<ObjectName, string>> = {
  Lead: 'Open - Not Contacted',
  Task: 'Not Started',
};

/** References lead to records that there are; owners are active users. */
function checkReferences({ store }: Org, { fields }: SObject, values: Row): void {
  for (const { name, to = [] } of fields) {
    const id = values[name];
    if (to.length === 0 || typeof id !== 'string') continue;
    const row = to.map((object) => store.row(object, id)).find((found) => found !== undefined);
    const isUsable = row !== undefined && row.IsDeleted !== true && row.IsActive !== false;
    if (!isUsable)
      throw new Refusal(400, 'INVALID_CROSS_REFERENCE_KEY', `invalid cross reference id`, [name]);
  }
}

function requireWritable(
  org: Org,
  request: SandboxRequest,
  objects: readonly ObjectName[],
): SObject {
  const name = objects.find((each) => each === request.params.object);
  if (name === undefined) throw notFound();
  if (org.spec.readOnly === true)
    throw new Refusal(
      403,
      'INSUFFICIENT_ACCESS_OR_READONLY',
      'insufficient access rights on object id',
    );
  return org.catalogue.object(name);
}

function findRow(org: Org, { name }: SObject, request: SandboxRequest): Row {
  const row = org.store.row(name, request.params.id ?? '');
  if (row === undefined) throw notFound();
  if (row.IsDeleted === true) throw new Refusal(404, 'ENTITY_IS_DELETED', 'entity is deleted');
  return row;
}

/** The header is to the second. An invalid one is refused. */
function checkUnmodified({ headers }: SandboxRequest, row: Row): void {
  const given = headers['if-unmodified-since'];
  if (given === undefined) return;
  const since = Date.parse(given);
  if (Number.isNaN(since) || new Date(since).toUTCString() !== given)
    throw new Refusal(400, 'INVALID_HEADER', 'If-Unmodified-Since has an invalid value');
  if (Date.parse(String(row.LastModifiedDate)) > since)
    throw new Refusal(412, 'PRECONDITION_FAILED', 'The record has been modified');
}

function readValues(
  org: Org,
  object: SObject,
  request: SandboxRequest,
  act: 'createable' | 'updateable',
): Row {
  const parsed = parseObject(request);
  const entries = Object.entries(parsed).map(([name, value]) => {
    const field = object.fields.find((each) => each.name === name);
    if (field === undefined || org.spec.hidden?.includes(`${object.name}.${name}`) === true)
      throw new Refusal(
        400,
        'INVALID_FIELD',
        `No such column '${name}' on sobject of type ${object.name}`,
      );
    if (!describeRights(object, field)[act])
      throw new Refusal(
        400,
        'INVALID_FIELD_FOR_INSERT_UPDATE',
        `Unable to create/update fields: ${name}. Please check the security settings of this field ` +
          'and verify that it is read/write for your profile or permission set.',
        [name],
      );
    return [name, checkValue(field, value)] as const;
  });
  return Object.fromEntries(entries);
}

function parseObject({ headers, body }: SandboxRequest): Record<string, unknown> {
  if (!/^application\/json\b/i.test(headers['content-type'] ?? ''))
    throw new Refusal(
      415,
      'UNSUPPORTED_MEDIA_TYPE',
      'Content-Type header specified in HTTP request is not supported',
    );
  try {
    const parsed: unknown = JSON.parse(body);
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed))
      return parsed as Record<string, unknown>;
  } catch {
    // Refused below.
  }
  throw new Refusal(400, 'JSON_PARSER_ERROR', 'The HTTP entity body is not a JSON object');
}

function checkValue({ name, type, length = DEFAULT_LENGTH }: Field, value: unknown): Value {
  if (value === null) return null;
  const wanted = { double: 'number', boolean: 'boolean' }[String(type)] ?? 'string';
  if (typeof value !== wanted)
    throw new Refusal(
      400,
      'JSON_PARSER_ERROR',
      `Cannot deserialize instance of ${type} from a value of ${name}`,
    );
  if (type === 'string' && typeof value === 'string' && value.length > length)
    throw new Refusal(
      400,
      'STRING_TOO_LONG',
      `${name}: data value too large: (max length=${length})`,
      [name],
    );
  if (name === 'Email' && !/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(String(value)))
    throw new Refusal(
      400,
      'INVALID_EMAIL_ADDRESS',
      `Email: invalid email address: ${String(value)}`,
      [name],
    );
  // Blank text is no text.
  return value === '' ? null : (value as Value);
}

const isBlank = (value: Value | undefined): boolean => value === undefined || value === null;

/** Text of unique fields is compared without regard to case. */
function checkUnique(org: Org, { fields }: SObject, values: Row, own: string | null): void {
  for (const { name } of fields.filter(({ unique }) => unique === true)) {
    const wanted = values[name];
    if (isBlank(wanted)) continue;
    const other = org.store
      .rows('Lead', Number.POSITIVE_INFINITY)
      .find(
        (row) =>
          row.Id !== own &&
          row.IsDeleted !== true &&
          String(row[name]).toLowerCase() === String(wanted).toLowerCase(),
      );
    if (other !== undefined)
      throw new Refusal(
        400,
        'DUPLICATE_VALUE',
        `duplicate value found: ${name} duplicates value on record with id: ${String(other.Id)}`,
      );
  }
}

function checkDuplicates(org: Org, { headers }: SandboxRequest, { Email: email }: Row): void {
  const { duplicateRule } = org.spec;
  if (duplicateRule === undefined || isBlank(email)) return;
  const allowed = /\ballowSave=true\b/i.test(String(headers['sforce-duplicate-rule-header']));
  if (duplicateRule === 'alert' && allowed) return;
  const isTaken = org.store
    .rows('Lead', Number.POSITIVE_INFINITY)
    .some((row) => row.IsDeleted !== true && row.Email === email);
  if (isTaken) throw new Refusal(400, 'DUPLICATES_DETECTED', "You're creating a duplicate record.");
}
