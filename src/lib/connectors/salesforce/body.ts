import { parse } from 'csv-parse/sync';
import { z } from 'zod';
import { RemoteError } from '../../platform/http/errors.ts';
import { getOwn } from '../../platform/own.ts';
import { toObject, tryParseJson } from '../kit/json.ts';
import { DELETED_FIELD, type SalesforceObject } from './describe.ts';

/*
 * The bodies of which passes consist: pages of a query (JSON), results of a job (CSV), the state of
 * a job, and the feed of deletions. The last two hold no rows.
 */

const pageSchema = z.looseObject({
  done: z.boolean().optional(),
  nextRecordsUrl: z.string().nullish(),
  totalSize: z.number().int().optional().catch(undefined),
  records: z.array(z.unknown()),
});
export type QueryPage = z.output<typeof pageSchema>;

/** Throws RemoteError `malformed` when it is not a page of a query for this object. */
export function parseQueryPage({ name }: SalesforceObject, body: string): QueryPage {
  const page = pageSchema.safeParse(tryParseJson(body)).data;
  if (page === undefined || !page.records.every((row) => isOf(name, row))) throw notAList();
  return page;
}

/** Rows name their object, unless a field of theirs is missing as a whole. */
function isOf(name: string, row: unknown): boolean {
  const { type } = toObject(toObject(row)['attributes']);
  return typeof type !== 'string' || type === name;
}

const feedSchema = z.looseObject({
  deletedRecords: z.array(z.looseObject({ id: z.string() })).nullish(),
  latestDateCovered: z.string().nullish(),
});
export type DeletionFeed = z.output<typeof feedSchema>;

/** Throws RemoteError `malformed` when it is not the feed of deletions. */
export function parseFeed(body: string): DeletionFeed {
  const value = tryParseJson(body);
  const feed = feedSchema.safeParse(value).data;
  if (feed !== undefined && isFeed(value)) return feed;
  throw new RemoteError(
    'malformed',
    'Salesforce returned something that is not a list of deletions.',
  );
}

const isFeed = (value: unknown): boolean =>
  ['deletedRecords', 'latestDateCovered', 'earliestDateAvailable'].some(
    (name) => name in toObject(value),
  );

const jobSchema = z.looseObject({
  id: z.string().min(1),
  state: z.string(),
  numberRecordsProcessed: z.coerce.number().int().optional().catch(undefined),
});
export type Job = z.output<typeof jobSchema>;

/** Throws RemoteError `malformed` when it is not the state of a job. */
export function parseJob(body: string): Job {
  const job = jobSchema.safeParse(tryParseJson(body)).data;
  if (job !== undefined) return job;
  throw new RemoteError('malformed', 'Salesforce returned something that is not a job.');
}

/** All rows of any body, those of deleted records included. Throws RemoteError `malformed`. */
export function parseAllRows(object: SalesforceObject, body: string): unknown[] {
  if (!/^\s*\{/.test(body)) return parseCsvRows(body);
  const value = tryParseJson(body);
  if (isFeed(value) || jobSchema.safeParse(value).success) return [];
  return parseQueryPage(object, body).records;
}

/** The rows of any body that are kept. Throws RemoteError `malformed`. */
export function parseRows(object: SalesforceObject, body: string): unknown[] {
  return selectKept(object, parseAllRows(object, body));
}

export const selectKept = (
  { keeps = () => true }: SalesforceObject,
  rows: readonly unknown[],
): unknown[] =>
  rows.filter((row) => !isDeleted(row) && (typeof row !== 'object' || row === null || keeps(row)));

/** In CSV everything is text. */
export function isDeleted(row: unknown): boolean {
  const flag = toObject(row)[DELETED_FIELD];
  return flag === true || flag === 'true';
}

/** The rows of CSV in the form that JSON has: `Owner.Name` is the name of the owner. */
function parseCsvRows(body: string): unknown[] {
  const [header = [], ...lines] = parseCsv(body);
  const columns = header.map(splitPath);
  return lines.map((cells) => toRow(columns, cells));
}

/**
 * Results of a job with their rows changed, and without those that `change` returns undefined for.
 * The body stays as it is when nothing changes. Every value is in quotes, as Salesforce writes them.
 */
export function rewriteRows(body: string, change: (row: unknown) => unknown): string {
  if (/^\s*\{/.test(body)) return body;
  const [header = [], ...lines] = parseCsv(body);
  const columns = header.map(splitPath);
  let isSame = true;
  const rest = lines.flatMap((cells) => {
    const row = toRow(columns, cells);
    const changed = change(row);
    if (changed === row) return [cells];
    isSame = false;
    return changed === undefined ? [] : [toCells(columns, changed)];
  });
  return isSame ? body : [header, ...rest].map(formatLine).join('');
}

/** The reverse of `toRow`. */
const toCells = (columns: readonly Column[], row: unknown): string[] =>
  columns.map(([field, ofParent]) => {
    const value = getOwn(toObject(row), field);
    const cell = ofParent === undefined ? value : getOwn(toObject(value), ofParent);
    return typeof cell === 'string' ? cell : '';
  });

const formatLine = (cells: readonly string[]): string =>
  `${cells.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(',')}\n`;

function parseCsv(body: string): string[][] {
  const lines = tryParseCsv(body);
  const [header] = lines;
  if (header?.includes('Id') !== true) throw notAList();
  return lines;
}

function tryParseCsv(body: string): string[][] {
  try {
    return parse(body, { bom: true, skip_empty_lines: true });
  } catch {
    throw notAList();
  }
}

type Column = readonly [field: string, ofParent: string | undefined];

function splitPath(path: string): Column {
  const [field = '', ...rest] = path.split('.');
  return [field, rest.length === 0 ? undefined : rest.join('.')];
}

/** Nothing between two commas is no value, and a parent without any value is no parent. */
function toRow(columns: readonly Column[], cells: readonly string[]): Record<string, unknown> {
  const row = new Map<string, unknown>();
  columns.forEach(([field, ofParent], at) => {
    const value = cells[at] === '' ? null : cells[at];
    if (ofParent === undefined) row.set(field, value);
    else if (value !== null) row.set(field, { ...toObject(row.get(field)), [ofParent]: value });
    else if (!row.has(field)) row.set(field, null);
  });
  return Object.fromEntries(row);
}

const notAList = () =>
  new RemoteError('malformed', 'Salesforce returned something that is not a list of records.');
