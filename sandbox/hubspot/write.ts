import { json, type Reply, type SandboxRequest } from '../kit/provider.ts';
import type { HubSpotAccount } from './account.ts';
import { invalid, Refusal } from './errors.ts';
import { isReadOnly, listPipelines } from './lookups.ts';
import { toTime, type Properties, type Row } from './store.ts';
import type { WritableType } from './spec.ts';
import type { ObjectSpec } from './types.ts';
import { wireRow } from './wire.ts';

/*
 * Single contacts: read by id or by a unique property, changed, archived, and created or changed by
 * a unique property. Source:
 * https://developers.hubspot.com/docs/api-reference/crm-contacts-v3/guide
 */

/** GET of one object. */
export function read(account: HubSpotAccount, { params, query }: SandboxRequest): Reply {
  const spec = account.readable(params.type ?? '');
  for (const name of query.keys())
    if (!['properties', 'idProperty', 'archived', 'associations'].includes(name))
      throw invalid(`Unknown query parameter ${name}`, name);
  const row = find(account, spec, params.id ?? '', query.get('idProperty'));
  return json(wire(account, spec, row, (query.get('properties') ?? '').split(',')));
}

/** PATCH of one object: what is not named stays as it is. */
export function update(account: HubSpotAccount, request: SandboxRequest): Reply {
  const spec = writable(account, request, ['contacts', 'deals', 'leads']);
  const row = find(account, spec, request.params.id ?? '', request.query.get('idProperty'));
  const { properties } = parseJson(request);
  const values = readProperties(account, spec, properties);
  checkUnique(account, spec, values, row.id);
  checkStage(account, row, values);
  const changed = account.store.update(
    spec.type,
    row.id,
    derive(values, account.now()),
    account.now(),
  );
  return json(wire(account, spec, changed, Object.keys(values)));
}

/** A stage belongs to the pipeline of the object. */
function checkStage(account: HubSpotAccount, row: Row, values: Properties): void {
  const [property, scope] =
    row.type === 'deals' ? ['dealstage', 'pipeline'] : ['hs_pipeline_stage', 'hs_pipeline'];
  const stage = values[property];
  if (stage === undefined) return;
  const pipeline = values[scope] ?? row.properties[scope];
  const found = listPipelines(account, row.type).find(({ id }) => id === pipeline);
  if (found?.stages.some(({ id }) => id === stage) !== true)
    throw invalidProperty(
      property,
      `${stage} was not one of the allowed options`,
      'INVALID_OPTION',
      String(stage),
    );
}

/** DELETE of one object, into the recycle bin. */
export function archive(account: HubSpotAccount, request: SandboxRequest): Reply {
  const spec = writable(account, request);
  const row = account.store.find(spec.type, request.params.id ?? '');
  if (row !== undefined) account.store.archive(spec.type, row.id, account.now());
  return { status: 204, body: '' };
}

/** POST batch/upsert: the answer tells which objects are new. */
export function upsert(account: HubSpotAccount, request: SandboxRequest): Reply {
  const spec = writable(account, request);
  const { inputs } = parseJson(request);
  if (!Array.isArray(inputs) || inputs.length === 0 || inputs.length > 100)
    throw invalid('Invalid input: between 1 and 100 inputs are required', 'inputs');
  const startedAt = toTime(account.now());
  const results = (inputs as Record<string, unknown>[]).map((input) =>
    upsertOne(account, spec, input),
  );
  const completedAt = toTime(account.now());
  return json({ status: 'COMPLETE', results, startedAt, completedAt });
}

function upsertOne(
  account: HubSpotAccount,
  spec: ObjectSpec,
  { id, idProperty, properties }: Record<string, unknown>,
): Record<string, unknown> {
  if (typeof idProperty !== 'string' || !isUnique(account, spec, idProperty))
    throw invalid(`Property ${String(idProperty)} is not a unique property`, 'idProperty');
  const values: Properties = {
    ...readProperties(account, spec, properties),
    [idProperty]: String(id),
  };
  const before = account.store
    .live(spec.type)
    .find((row) => sameText(row.properties[idProperty], String(id)));
  checkUnique(account, spec, values, before?.id ?? null);
  const at = account.now();
  const row =
    before === undefined
      ? account.store.insert(spec.type, derive(values, at), at)
      : account.store.update(spec.type, before.id, derive(values, at), at);
  return { ...wire(account, spec, row, Object.keys(values)), new: before === undefined };
}

function writable(
  account: HubSpotAccount,
  { params }: SandboxRequest,
  types: readonly WritableType[] = ['contacts'],
): ObjectSpec {
  const spec = account.readable(params.type ?? '');
  const type = types.find((each) => each === spec.type);
  if (type === undefined) throw invalid(`the sandbox does not write ${spec.type}`);
  account.need(`crm.objects.${type}.write`);
  return spec;
}

const isUnique = (account: HubSpotAccount, spec: ObjectSpec, name: string): boolean =>
  name === 'email' || account.property(spec, name).isUnique === true;

function find(
  account: HubSpotAccount,
  spec: ObjectSpec,
  id: string,
  idProperty: string | null,
): Row {
  if (idProperty !== null && !isUnique(account, spec, idProperty))
    throw invalid(`Property ${idProperty} is not a unique property`, 'idProperty');
  const found = account.store
    .live(spec.type)
    .find((row) => sameText(idProperty === null ? row.id : row.properties[idProperty], id));
  if (found === undefined) throw new Refusal(404, 'OBJECT_NOT_FOUND', 'Object not found');
  return found;
}

const sameText = (one: string | null | undefined, other: string): boolean =>
  typeof one === 'string' && one.toLowerCase() === other.toLowerCase();

export function parseJson({ headers, body }: SandboxRequest): Record<string, unknown> {
  if (!/^application\/json\b/i.test(headers['content-type'] ?? ''))
    throw new Refusal(415, 'VALIDATION_ERROR', 'Unsupported media type');
  try {
    const parsed: unknown = JSON.parse(body);
    if (typeof parsed === 'object' && parsed !== null) return parsed as Record<string, unknown>;
  } catch {
    // Refused below.
  }
  throw invalid('Invalid input JSON');
}

/** Values are text; empty text clears a property. */
export function readProperties(
  account: HubSpotAccount,
  spec: ObjectSpec,
  given: unknown,
): Properties {
  if (typeof given !== 'object' || given === null) throw invalid('properties is required');
  return Object.fromEntries(
    Object.entries(given).map(([name, value]) => [name, readValue(account, spec, name, value)]),
  );
}

function readValue(
  account: HubSpotAccount,
  spec: ObjectSpec,
  name: string,
  value: unknown,
): string | null {
  const property = account.properties(spec).find((each) => each.name === name);
  const refuse = (message: string, error: string) =>
    invalidProperty(name, message, error, String(value));
  if (property === undefined)
    throw refuse(`Property "${name}" does not exist`, 'PROPERTY_DOESNT_EXIST');
  if (isReadOnly(property)) throw refuse(`"${name}" is a read only property`, 'READ_ONLY_VALUE');
  if (value === '' || value === null) return null;
  if (!['string', 'number', 'boolean'].includes(typeof value)) throw invalid('Invalid input JSON');
  const text = String(value);
  const { kind, options = [] } = property;
  if (kind === 'choice' && !options.some((option) => option.value === text))
    throw refuse(`${text} was not one of the allowed options`, 'INVALID_OPTION');
  if (kind === 'number' && !/^-?\d+(\.\d+)?$/.test(text))
    throw refuse(`${text} was not a valid number`, 'INVALID_DOUBLE');
  if (name === 'hubspot_owner_id' && !isActiveOwner(account, text))
    throw refuse(`Owner ${text} does not exist`, 'INVALID_OWNER_ID');
  if (name === 'email' && !/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(text))
    throw refuse(`Email address ${text} is invalid`, 'INVALID_EMAIL');
  return text;
}

const isActiveOwner = ({ life }: HubSpotAccount, id: string): boolean =>
  life.owners.some((owner) => owner.id === id && !owner.archived);

/** The refusal names the property in JSON within its message. */
function invalidProperty(name: string, message: string, error: string, value: string): Refusal {
  const inner = [{ isValid: false, message, error, name, propertyValue: value }];
  return new Refusal(
    400,
    'VALIDATION_ERROR',
    `Property values were not valid: ${JSON.stringify(inner)}`,
    { errors: [{ message, code: error, context: { propertyName: [name] } }] },
  );
}

function checkUnique(
  account: HubSpotAccount,
  spec: ObjectSpec,
  values: Properties,
  own: string | null,
): void {
  for (const [name, value] of Object.entries(values)) {
    if (value === null || !isUnique(account, spec, name)) continue;
    const other = account.store
      .live(spec.type)
      .find((row) => row.id !== own && sameText(row.properties[name], value));
    if (other === undefined) continue;
    if (name === 'email')
      throw new Refusal(409, 'CONFLICT', `Contact already exists. Existing ID: ${other.id}`);
    throw invalidProperty(
      name,
      `${other.id} already has that value.`,
      'CONFLICTING_UNIQUE_VALUE',
      value,
    );
  }
}

/** What HubSpot adds: the domain of the address, and since when a contact has been a lead. */
const derive = (values: Properties, at: number): Properties => ({
  ...values,
  ...(values['lifecyclestage'] === 'lead' && { hs_lifecyclestage_lead_date: toTime(at) }),
  ...(typeof values['email'] === 'string' && {
    hs_email_domain: values['email'].split('@')[1]?.toLowerCase() ?? null,
  }),
});

export function wire(
  account: HubSpotAccount,
  spec: ObjectSpec,
  row: Row,
  names: readonly string[],
) {
  const known = new Set(account.properties(spec).map(({ name }) => name));
  return wireRow(account, spec, row, names, known);
}
