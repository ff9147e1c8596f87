import type { Catalogue } from './catalogue.ts';
import { malformedQuery, Refusal } from './errors.ts';
import type { Field, SObject } from './objects.ts';
import type { Condition, Literal, Query } from './soql.ts';
import type { Row, Value } from './store.ts';

type Test = (row: Row) => boolean;

/** A query whose names and types were checked. */
export interface Plan {
  query: Query;
  object: SObject;
  test: Test;
  compare: (one: Row, other: Row) => number;
}

/** Throws Refusal for names that do not exist and values of another type. */
export function planQuery(catalogue: Catalogue, query: Query): Plan {
  const object = catalogue.object(query.object);
  if (object.name === 'ContentDocumentLink' && query.where === null)
    throw malformedQuery(
      'Implementation restriction: ContentDocumentLink requires a filter by a single Id on ' +
        "ContentDocumentId or LinkedEntityId using the equals operator or multiple Id's using " +
        'the IN operator.',
    );
  for (const path of query.select) catalogue.checkPath(object, path);
  for (const child of query.children) planChild(catalogue, object, child);
  const order = query.order.map(({ path, descending }) => ({
    field: catalogue.filterable(object, path),
    sign: descending ? -1 : 1,
  }));
  return {
    query,
    object,
    test: query.where === null ? () => true : toTest(catalogue, object, query.where),
    compare: (one, other) => {
      for (const { field, sign } of order) {
        const difference = compareValues(one[field.name] ?? null, other[field.name] ?? null);
        if (difference !== 0) return sign * difference;
      }
      return 0;
    },
  };
}

function planChild(catalogue: Catalogue, { name, children = {} }: SObject, child: Query): void {
  const found = children[child.object];
  if (found === undefined || child.children.length > 0)
    throw new Refusal(
      400,
      'INVALID_TYPE',
      `Didn't understand relationship '${child.object}' in FROM part of query call for ${name}.`,
    );
  const object = catalogue.object(found.object);
  for (const path of child.select) catalogue.checkPath(object, path);
}

function toTest(catalogue: Catalogue, object: SObject, condition: Condition): Test {
  if (condition.kind === 'not') {
    const test = toTest(catalogue, object, condition.part);
    return (row) => !test(row);
  }
  if (condition.kind !== 'compare') {
    const tests = condition.parts.map((part) => toTest(catalogue, object, part));
    return condition.kind === 'and'
      ? (row) => tests.every((test) => test(row))
      : (row) => tests.some((test) => test(row));
  }
  const field = catalogue.filterable(object, condition.path);
  for (const literal of condition.values) checkType(field, literal);
  const values = condition.values.map((literal) => toValue(field, literal));
  return (row) =>
    values.some((value) => compares(condition.operator, row[field.name] ?? null, value));
}

/** Which literals a field is compared with. */
const LITERALS: Record<Field['type'], readonly Literal['type'][]> = {
  id: ['quoted'],
  reference: ['quoted'],
  string: ['quoted'],
  picklist: ['quoted'],
  textarea: [],
  address: [],
  boolean: ['boolean'],
  double: ['number'],
  date: ['date'],
  datetime: ['datetime'],
};

function checkType({ name, type }: Field, { type: given }: Literal): void {
  if (given === 'null' || LITERALS[type].includes(given)) return;
  const quotes =
    given === 'quoted' ? 'should not be enclosed in quotes' : 'should be enclosed in quotes';
  throw new Refusal(
    400,
    'INVALID_FIELD',
    `value of filter criterion for field '${name}' must be of type ${type} and ${quotes}`,
  );
}

/** Times are compared as the store keeps them; ids may be of the short kind. */
function toValue({ type }: Field, { value }: Literal): Value {
  if (type !== 'datetime' || value === null) return value;
  const at = new Date(String(value));
  if (Number.isNaN(at.getTime())) throw malformedQuery(`invalid date: ${String(value)}`);
  return at.toISOString();
}

function compares(operator: string, value: Value, wanted: Value): boolean {
  switch (operator) {
    case '=':
    case 'IN':
      return isEqual(value, wanted);
    case '!=':
    case '<>':
      return !isEqual(value, wanted);
    case 'LIKE':
      return toPattern(String(wanted)).test(String(value ?? ''));
    default:
      return value !== null && wanted !== null && isOrdered(operator, compareValues(value, wanted));
  }
}

function isOrdered(operator: string, difference: number): boolean {
  if (operator === '<') return difference < 0;
  if (operator === '<=') return difference <= 0;
  return operator === '>' ? difference > 0 : difference >= 0;
}

/** Text is compared without regard to case, except ids. */
function isEqual(value: Value, wanted: Value): boolean {
  if (typeof value !== 'string' || typeof wanted !== 'string') return value === wanted;
  const isId = /^[a-zA-Z0-9]{18}$/.test(value) && /^[a-zA-Z0-9]{15,18}$/.test(wanted);
  return isId
    ? value.slice(0, 15) === wanted.slice(0, 15)
    : value.toLowerCase() === wanted.toLowerCase();
}

function toPattern(like: string): RegExp {
  const parts = Array.from(like, (character) => WILDCARDS[character] ?? RegExp.escape(character));
  return new RegExp(`^${parts.join('')}$`, 'is');
}
const WILDCARDS: Record<string, string> = { '%': '.*', _: '.' };

/** Nothing comes first. */
function compareValues(one: Value, other: Value): number {
  if (one === other) return 0;
  if (one === null || other === null) return one === null ? -1 : 1;
  if (typeof one === 'number' && typeof other === 'number') return one - other;
  return String(one) < String(other) ? -1 : 1;
}
