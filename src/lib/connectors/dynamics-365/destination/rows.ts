import type { FieldValue, Parents, PushTable, RemoteRecord } from '../../contract/destination.ts';
import { OUR_KEY } from './search.ts';
import { TABLES } from './table-names.ts';

const OPEN_STATE = 0;

/** A row of a response as a record of the contract. Pure. */
export function toRemoteRecord(
  table: PushTable,
  row: Record<string, unknown>,
  fields: readonly string[],
): RemoteRecord {
  const { id, states } = TABLES[table];
  const state = Number(row['statecode'] ?? OPEN_STATE);
  return {
    id: String(row[id]),
    etag: String(row['@odata.etag']),
    values: pickFields(row, fields),
    parents: readParents(table, row),
    ourLeadId: toText(row[OUR_KEY])?.toLowerCase() ?? null,
    email: toText(row['emailaddress1']),
    isOpen: state === OPEN_STATE,
    status: states[state] ?? 'closed',
    changedAt: toDate(row['modifiedon']),
  };
}

function readParents(table: PushTable, row: Record<string, unknown>): Parents {
  const parents = Object.entries(TABLES[table].parents).flatMap(([parent, { column }]) =>
    typeof row[column] === 'string' ? [[parent, row[column]] as const] : [],
  );
  return Object.fromEntries(parents) as Parents;
}

/** The values of the named fields; fields that the row lacks are left out. */
export const pickFields = (
  row: Record<string, unknown>,
  names: readonly string[],
): Record<string, FieldValue> =>
  Object.fromEntries(
    names
      .filter((name) => Object.hasOwn(row, name))
      .map((name) => [name, (row[name] ?? null) as FieldValue]),
  );

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
  table: PushTable,
  values: Record<string, FieldValue>,
  parents: Parents,
): Record<string, FieldValue> {
  const binds = Object.entries(TABLES[table].parents).flatMap(([parent, { bind }]) =>
    bindTo(bind, parent as PushTable, parents),
  );
  const customer = parents.account === undefined ? 'contact' : 'account';
  const customerBind =
    table === 'opportunity' ? bindTo(`customerid_${customer}`, customer, parents) : [];
  return { ...values, ...Object.fromEntries([...binds, ...customerBind]) };
}

function bindTo(property: string, parent: PushTable, parents: Parents): [string, string][] {
  const id = parents[parent];
  return id === undefined ? [] : [[`${property}@odata.bind`, toReference(parent, id)]];
}

const toReference = (table: PushTable, id: string): string => `/${TABLES[table].set}(${id})`;
