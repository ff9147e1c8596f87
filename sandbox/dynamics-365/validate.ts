import type { Column } from './columns.ts';
import { badPayload, CODES } from './errors.ts';
import { boundTo, findRow } from './address.ts';
import { isRef, type Row, type Store, type Value } from './store.ts';
import type { Table } from './tables.ts';

const INT = [-2_147_483_648, 2_147_483_647] as const;
/** Edm.DateTimeOffset and Edm.Date: neither property takes a literal of the other. */
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/;
const DAY = /^\d{4}-\d{2}-\d{2}$/;
const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * A payload as values of columns. Throws Refusal for a column there is not, one that cannot be set
 * now, and a value that does not fit.
 */
export function parseValues(
  store: Store,
  table: Table,
  payload: Record<string, unknown>,
  act: 'create' | 'update',
): Row {
  const values: Row = {};
  for (const [name, value] of Object.entries(payload)) {
    if (name.endsWith('@odata.bind'))
      Object.assign(values, binding(store, table, name.slice(0, -'@odata.bind'.length), value));
    else if (!name.startsWith('@'))
      Object.assign(values, { [name]: plainValue(table, name, value, act) });
  }
  checkStatus(table, values);
  return values;
}

function binding(store: Store, table: Table, nav: string, value: unknown): Row {
  for (const { name, targets = {} } of table.columns) {
    const [target] = Object.entries(targets).find(([, bound]) => bound === nav) ?? [];
    if (target === undefined) continue;
    if (typeof value !== 'string')
      throw badPayload(`The value of '${nav}@odata.bind' is not the address of a row.`);
    const bound = boundTo(store, value);
    if (bound === undefined || bound.table !== target)
      throw badPayload(`'${value}' is not a row of ${target}.`);
    const found = findRow(store, store.schema[bound.table], bound.key);
    if (found === undefined)
      throw badPayload(
        `${target} With Id = ${'id' in bound.key ? bound.key.id : value} Does Not Exist`,
        CODES.notFound,
      );
    return { [name]: { table: bound.table, id: String(found[store.schema[bound.table].id]) } };
  }
  throw undeclared(table, nav);
}

function plainValue(table: Table, name: string, value: unknown, act: 'create' | 'update'): Value {
  const column = table.columns.find((each) => each.name === name && each.type !== 'lookup');
  if (column === undefined) throw undeclared(table, name);
  if (!column[act] && !(column.type === 'id' && act === 'update'))
    throw badPayload(`'${name}' of ${table.name} is not valid for ${act}.`);
  if (value === null) return null;
  return checked(table, column, value);
}

function checked(table: Table, column: Column, value: unknown): Value {
  const { name, type, max = 0, options = [], range = INT } = column;
  switch (type) {
    case 'text':
    case 'memo':
      if (typeof value !== 'string') break;
      if (value.length > max)
        throw badPayload(
          `A validation error occurred.  The length of the '${name}' attribute of the ` +
            `'${table.name}' entity exceeded the maximum allowed length of '${max}'.`,
          CODES.length,
        );
      return value;
    case 'option':
    case 'state':
    case 'status': {
      if (typeof value !== 'number' || !Number.isInteger(value)) break;
      if (options.some((option) => option.value === value)) return value;
      const accepted = options.map((option) => option.value).join(',');
      throw badPayload(
        `A validation error occurred. The value ${value} of '${name}' on record of type ` +
          `'${table.name}' is outside the valid range. Accepted Values: ${accepted}`,
        CODES.option,
      );
    }
    case 'int':
      if (typeof value !== 'number' || !Number.isInteger(value)) break;
      if (value >= range[0] && value <= range[1]) return value;
      throw badPayload(
        `A validation error occurred. The value ${value} of '${name}' on record of type ` +
          `'${table.name}' is outside the valid range.`,
        CODES.option,
      );
    case 'decimal':
    case 'money':
      if (typeof value === 'number' && Math.abs(value) <= 922_337_203_685_477) return value;
      break;
    case 'boolean':
      if (typeof value === 'boolean') return value;
      break;
    case 'datetime':
      if (typeof value === 'string' && INSTANT.test(value) && !Number.isNaN(Date.parse(value)))
        return `${new Date(value).toISOString().slice(0, 19)}Z`;
      break;
    case 'date':
      if (typeof value === 'string' && DAY.test(value) && !Number.isNaN(Date.parse(value)))
        return value;
      break;
    case 'id':
      if (typeof value === 'string' && GUID.test(value)) return value.toLowerCase();
      break;
    case 'lookup':
    case 'version':
  }
  throw badPayload(
    `Error identified in Payload provided by the user for Entity :'${table.set}': the ` +
      `value of '${name}' cannot be converted to its type (${type}).`,
  );
}

/** A status belongs to one state. */
function checkStatus(table: Table, values: Row): void {
  const status = table.columns
    .find(({ name }) => name === 'statuscode')
    ?.options?.find(({ value }) => value === values.statuscode);
  if (
    status === undefined ||
    values.statecode === undefined ||
    isRef(values.statecode) ||
    status.state === values.statecode
  )
    return;
  throw badPayload(
    `${status.value} is not a valid status code for state code ` +
      `${table.name.charAt(0).toUpperCase()}${table.name.slice(1)}State.`,
    CODES.stateMismatch,
  );
}

function undeclared(table: Table, name: string) {
  return badPayload(
    'Error identified in Payload provided by the user for Entity ' +
      `:'${table.set}', ----> InnerException : Microsoft.OData.ODataException: ` +
      `An undeclared property '${name}' was found in the payload.`,
  );
}

/** The state that a status implies, and the first status of a state: one of the two is enough. */
export function withState(table: Table, values: Row): Row {
  const statuses = table.columns.find(({ name }) => name === 'statuscode')?.options ?? [];
  if (typeof values.statuscode === 'number')
    return {
      ...values,
      statecode: statuses.find(({ value }) => value === values.statuscode)?.state ?? 0,
    };
  if (typeof values.statecode === 'number')
    return {
      ...values,
      statuscode: statuses.find(({ state }) => state === values.statecode)?.value ?? null,
    };
  return values;
}

/** What a new row has that nobody gave it. */
export function buildDefaults(table: Table, userId: string): Row {
  const has = (name: string) => table.columns.some((column) => column.name === name);
  const state: Row = has('statecode')
    ? {
        statecode: 0,
        statuscode:
          table.columns.find(({ name }) => name === 'statuscode')?.options?.[0]?.value ?? null,
      }
    : {};
  return {
    ...state,
    ...(has('ownerid') && { ownerid: { table: 'systemuser' as const, id: userId } }),
  };
}
