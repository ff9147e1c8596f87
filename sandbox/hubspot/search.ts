import { z } from 'zod';
import { json, type Reply, type SandboxRequest } from '../kit/provider.ts';
import type { HubSpotAccount } from './account.ts';
import { invalid, Refusal } from './errors.ts';
import { compareIds, toTime, type Row } from './store.ts';
import type { ObjectSpec, PropertySpec } from './types.ts';
import { wireRow } from './wire.ts';

const filter = z.strictObject({
  propertyName: z.string(),
  operator: z.enum([
    'BETWEEN',
    'CONTAINS_TOKEN',
    'EQ',
    'GT',
    'GTE',
    'HAS_PROPERTY',
    'IN',
    'LT',
    'LTE',
    'NEQ',
    'NOT_CONTAINS_TOKEN',
    'NOT_HAS_PROPERTY',
    'NOT_IN',
  ]),
  value: z.string().optional(),
  highValue: z.string().optional(),
  values: z.array(z.string()).optional(),
});
const search = z.strictObject({
  filterGroups: z.array(z.strictObject({ filters: z.array(filter) })).default([]),
  sorts: z
    .array(
      z.strictObject({
        propertyName: z.string(),
        direction: z.enum(['ASCENDING', 'DESCENDING']).default('ASCENDING'),
      }),
    )
    .default([]),
  query: z.string().max(3_000).optional(),
  properties: z.array(z.string()).optional(),
  limit: z.number().int().default(10),
  after: z.union([z.string().regex(/^\d*$/), z.number().int().min(0)]).optional(),
});
type Filter = z.output<typeof filter>;

/** As documented at https://developers.hubspot.com/docs/api-reference/search/guide */
const MOST = { body: 3_000, groups: 5, perGroup: 6, filters: 18, limit: 200, results: 10_000 };

/** POST of a search: by an index that lags behind, with one order, up to 10,000 results. */
export function findObjects(account: HubSpotAccount, request: SandboxRequest): Reply {
  const spec = account.readable(request.params.type ?? '');
  const given = parseSearch(request);
  const after = Number(given.after ?? 0);
  if (after + given.limit > MOST.results)
    throw invalid(`The request is for results beyond ${MOST.results}, which is not supported.`);
  const tests = given.filterGroups.map(({ filters }) =>
    filters.map((each) => toTest(account, spec, each)),
  );
  const found = account.store
    .live(spec.type)
    .map((row) => toIndexed(account, spec, row))
    .filter((row) => row !== undefined)
    .filter((row) => tests.length === 0 || tests.some((group) => group.every((test) => test(row))));
  const sorted = sortRows(account, spec, found, given.sorts);
  const page = sorted.slice(after, after + given.limit);
  const shown = given.properties ?? spec.shown;
  const known = account.names(spec, shown);
  const results = shuffle(account, page).map((row) => wireRow(account, spec, row, shown, known));
  const next = after + page.length;
  const hasMore = request.endless || next < found.length;
  return json({
    ...(account.spec.sparse !== true && { total: found.length }),
    results,
    ...(hasMore && { paging: { next: { after: String(next) } } }),
  });
}

function parseSearch({ body, headers }: SandboxRequest): z.output<typeof search> {
  if (!String(headers['content-type']).startsWith('application/json'))
    throw new Refusal(415, 'VALIDATION_ERROR', 'The content type must be application/json.');
  if (body.length > MOST.body)
    throw invalid(`The body of the request exceeds ${MOST.body} characters.`);
  const parsed = search.safeParse(parseJson(body));
  if (!parsed.success)
    throw invalid(`Invalid input JSON: ${parsed.error.issues[0]?.message ?? ''}`);
  const given = parsed.data;
  const filters = given.filterGroups.map((group) => group.filters.length);
  if (given.filterGroups.length > MOST.groups) throw invalid('There are too many filterGroups.');
  if (filters.some((count) => count > MOST.perGroup) || sum(filters) > MOST.filters)
    throw invalid('There are too many filters.');
  if (given.sorts.length > 1) throw invalid('Only one sort is supported.', 'sorts');
  if (given.limit < 1 || given.limit > MOST.limit)
    throw invalid(`limit must be between 1 and ${MOST.limit}`, 'limit');
  return given;
}

const sum = (counts: readonly number[]): number => counts.reduce((all, each) => all + each, 0);

export function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw invalid('Invalid input JSON on line 1, column 1');
  }
}

/** The row as the index knows it: with an earlier time of change, or not at all. */
function toIndexed(account: HubSpotAccount, spec: ObjectSpec, row: Row): Row | undefined {
  const known = row.changes.findLast(
    ({ at }) => at + (account.spec.searchDelayMs ?? 0) <= account.now(),
  );
  if (known === undefined || known.updatedAt === row.updatedAt)
    return known === undefined ? undefined : row;
  const properties = { ...row.properties, [spec.changedAt]: toTime(known.updatedAt) };
  return { ...row, properties, updatedAt: known.updatedAt };
}

/** Throws Refusal (500) for the epoch itself, as the real index does. */
function toTest(account: HubSpotAccount, spec: ObjectSpec, given: Filter): (row: Row) => boolean {
  const property = account.property(spec, given.propertyName);
  if (property.kind === 'time' && given.value === '0')
    throw new Refusal(500, 'INTERNAL_ERROR', 'internal error');
  const compare = (row: Row, value: string | undefined): number => {
    if (value === undefined) throw invalid(`${given.operator} needs a value`);
    return compareValues(property, row.properties[property.name] ?? null, value);
  };
  const slack = property.kind === 'time' ? (account.spec.slackMs ?? 0) : 0;
  const earlier = (value = '') => String(toNumber(property, value) - slack);
  switch (given.operator) {
    case 'EQ':
      return (row) => compare(row, given.value) === 0;
    case 'NEQ':
      return (row) => compare(row, given.value) !== 0;
    case 'GT':
      return (row) => compare(row, given.value) > 0;
    case 'GTE':
      return (row) => compare(row, slack > 0 ? earlier(given.value) : given.value) >= 0;
    case 'LT':
      return (row) => compare(row, given.value) < 0;
    case 'LTE':
      return (row) => compare(row, given.value) <= 0;
    case 'BETWEEN':
      return (row) => compare(row, given.value) >= 0 && compare(row, given.highValue) <= 0;
    case 'HAS_PROPERTY':
      return (row) => (row.properties[property.name] ?? null) !== null;
    case 'NOT_HAS_PROPERTY':
      return (row) => (row.properties[property.name] ?? null) === null;
    case 'IN':
      return (row) => (given.values ?? []).some((value) => compare(row, value) === 0);
    default:
      throw new Refusal(400, 'VALIDATION_ERROR', `The sandbox does not know ${given.operator}.`);
  }
}

/** A value that is missing is below every other. */
function compareValues(property: PropertySpec, value: string | null, than: string): number {
  if (value === null) return Number.NaN;
  if (property.kind !== 'number' && property.kind !== 'time')
    return compareTexts(value.toLowerCase(), than.toLowerCase());
  const number = toNumber(property, than);
  if (Number.isNaN(number)) throw invalid(`${than} is not a value of ${property.name}`);
  return toNumber(property, value) - number;
}

function toNumber({ kind }: PropertySpec, text: string): number {
  return kind === 'time' && !/^\d+$/.test(text) ? Date.parse(text) : Number(text);
}

const compareTexts = (one: string, other: string): number =>
  one < other ? -1 : Number(one > other);

/** By creation unless an order is given; rows that are alike in it come in the order of ids. */
function sortRows(
  account: HubSpotAccount,
  spec: ObjectSpec,
  rows: readonly Row[],
  [sort]: z.output<typeof search>['sorts'],
): Row[] {
  const property = account.property(spec, sort?.propertyName ?? 'hs_object_id');
  const sign = sort?.direction === 'DESCENDING' ? -1 : 1;
  const isNumeric = property.kind === 'number' || property.kind === 'time';
  const keyed = rows.map((row) => {
    const text = row.properties[property.name] ?? '';
    return { row, key: isNumeric ? toNumber(property, text) : 0, text };
  });
  return keyed
    .toSorted(
      (one, other) =>
        sign * (one.key - other.key || (isNumeric ? 0 : compareTexts(one.text, other.text))) ||
        compareIds(one.row.id, other.row.id),
    )
    .map(({ row }) => row);
}

/** Neighbours change places, as when several servers have made the page. */
function shuffle({ spec: { shuffles } }: HubSpotAccount, rows: readonly Row[]): Row[] {
  if (shuffles !== true) return [...rows];
  return rows.map((row, at) => rows[at % 2 === 0 ? at + 1 : at - 1] ?? row);
}
