import type {
  FieldValue,
  ObjectRole,
  Parents,
  RecordStanding,
  RemoteRecord,
} from '../../contract/destination.ts';
import { pickFields } from '../../kit/destination.ts';
import { OUR_KEY } from './search.ts';
import { QUALIFIED, TABLES } from './objects.ts';

const OPEN_STATE = 0;

/** A row of a response as a record of the contract. Pure. */
export function toRemoteRecord(
  role: ObjectRole,
  row: Record<string, unknown>,
  fields: readonly string[],
): RemoteRecord {
  const { id, states } = TABLES[role];
  const state = Number(row['statecode'] ?? OPEN_STATE);
  const status = states[state] ?? 'closed';
  return {
    id: String(row[id]),
    version: String(row['@odata.etag']),
    values: pickFields(row, fields),
    parents: readParents(role, row),
    ourLeadId: toText(row[OUR_KEY])?.toLowerCase() ?? null,
    email: toText(row['emailaddress1']),
    standing: toStanding(state, status),
    status,
    changedAt: toDate(row['modifiedon']),
  };
}

function toStanding(state: number, status: string): RecordStanding {
  if (state === OPEN_STATE) return 'open';
  return status === QUALIFIED ? 'converted' : 'closed';
}

function readParents(role: ObjectRole, row: Record<string, unknown>): Parents {
  const parents = Object.entries(TABLES[role].parents).flatMap(([parent, { column }]) =>
    typeof row[column] === 'string' ? [[parent, row[column]] as const] : [],
  );
  return Object.fromEntries(parents) as Parents;
}

const toText = (value: unknown): string | null =>
  typeof value === 'string' && value.trim() !== '' ? value.trim() : null;

function toDate(value: unknown): Date | null {
  const at = new Date(typeof value === 'string' ? value : Number.NaN);
  return Number.isNaN(at.getTime()) ? null : at;
}

/**
 * The payload of a write. The customer of an opportunity is its account, or its contact when it has
 * no account. Pure.
 */
export function buildPayload(
  role: ObjectRole,
  values: Record<string, FieldValue>,
  parents: Parents,
): Record<string, FieldValue> {
  const binds = Object.entries(TABLES[role].parents).flatMap(([parent, { bind }]) =>
    bindTo(bind, parent as ObjectRole, parents),
  );
  const customer = parents.company === undefined ? 'contact' : 'company';
  const customerBind =
    role === 'deal' ? bindTo(`customerid_${TABLES[customer].name}`, customer, parents) : [];
  return { ...values, ...Object.fromEntries([...binds, ...customerBind]) };
}

function bindTo(property: string, parent: ObjectRole, parents: Parents): [string, string][] {
  const id = parents[parent];
  return id === undefined ? [] : [[`${property}@odata.bind`, toReference(parent, id)]];
}

const toReference = (role: ObjectRole, id: string): string => `/${TABLES[role].set}(${id})`;
