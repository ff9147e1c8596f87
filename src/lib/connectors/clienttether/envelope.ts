import { RemoteError, type RemoteErrorKind } from '../../platform/http/errors.ts';
import { tryParseJson } from '../kit/json.ts';
import { readLooseList, type LooseList } from '../kit/loose-list.ts';
import { hasIdField } from './responses.ts';

/** The contents of a response, without its wrapping. */
export interface Envelope {
  items: unknown[];
  /** How many places of the list the response covers, those without an item included. */
  places: number;
  /** TotalRecord, if present. It is not documented whether it counts the page or the whole list. */
  total: number | undefined;
}

/**
 * Result codes without `_`. The API always responds with HTTP 200; the body holds CT_200 or CT200
 * for success, and CT_515 or CT515 for an empty list. The other codes have not been seen on lists;
 * they are treated like the HTTP status that they end with.
 */
const SUCCESS = 'CT200';
const NOTHING_FOUND = 'CT515';
interface Failure {
  kind: RemoteErrorKind;
  /** What happened and what to do, after the name of the provider. */
  message: string;
}
const REJECTED: Failure = {
  kind: 'auth',
  message: 'rejected the credentials. Enter the access token and the web key again.',
};
const UNAVAILABLE: Failure = {
  kind: 'transient',
  message: 'is not available right now. We will try again automatically.',
};
const FAILURES = new Map<string, Failure>([
  ['CT401', REJECTED],
  ['CT403', REJECTED],
  ['CT404', { kind: 'gone', message: 'no longer has the requested data.' }],
  [
    'CT429',
    {
      kind: 'rate_limited',
      message: 'received too many requests. The sync continues automatically later.',
    },
  ],
  ['CT500', UNAVAILABLE],
  ['CT503', UNAVAILABLE],
]);
const UNEXPECTED: Failure = {
  kind: 'malformed',
  message: 'did not accept the request. The connection may need an update.',
};

/**
 * Parses the items out of a body. Throws RemoteError: `malformed`, or the kind that the result code
 * stands for.
 */
export function parseEnvelope(body: string): Envelope {
  const fields = readFields(body);
  const code = readCode(fields);
  if (code === NOTHING_FOUND) return { items: [], places: 0, total: 0 };
  if (code !== SUCCESS) throw createFailure(code);
  const total = parseTotal(fields.get('totalrecord'));
  const { rows, places } = parseList(fields.get('data'), total);
  return { items: rows, places, total };
}

/**
 * Checks the response to a write, which has no list. Throws RemoteError: a result code that is not
 * known says that the write was refused, and counts like status 400.
 */
export function assertDone(body: string): void {
  const code = readCode(readFields(body));
  if (code === SUCCESS) return;
  if (code === NOTHING_FOUND) throw new RemoteError('gone', 'The client was deleted.');
  throw createFailure(code, code === '' ? undefined : 400);
}

const readCode = (fields: ReadonlyMap<string, unknown>): string =>
  String(fields.get('resultcode') ?? '')
    .toUpperCase()
    .replaceAll('_', '');

/** The top-level fields by name, in lower case and without `_`. */
function readFields(body: string): Map<string, unknown> {
  const value = tryParseJson(body);
  if (value === undefined) throw createMalformedError('is not JSON');
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw createMalformedError('has an unknown format');
  return new Map(
    Object.entries(value).map(([key, field]) => [key.toLowerCase().replaceAll('_', ''), field]),
  );
}

/**
 * The list in any form that PHP gives it. A list that is absent is empty when the total says so. An
 * object is a list of one only when it has the id of an item: any other object would be a new
 * format, and one item that cannot be read would hide it.
 */
function parseList(data: unknown, total: number | undefined): LooseList {
  if (data === undefined && total === 0) return { rows: [], places: 0 };
  const list = readLooseList(data, hasIdField);
  if (list === undefined) throw createMalformedError('contains no data');
  return list;
}

/** Totals come as numbers or as text, with or without grouping. */
function parseTotal(value: unknown): number | undefined {
  const text = typeof value === 'string' ? value.trim().replaceAll(',', '') : '';
  const total = text === '' ? value : Number(text);
  return typeof total === 'number' && Number.isSafeInteger(total) && total >= 0 ? total : undefined;
}

function createFailure(code: string, unknownStatus?: number): RemoteError {
  const known = FAILURES.get(code);
  const { kind, message } = known ?? UNEXPECTED;
  const details =
    known === undefined && unknownStatus !== undefined ? { status: unknownStatus } : {};
  const named = /^CT\d{1,4}$/.test(code) ? code : 'unknown result code';
  return new RemoteError(kind, `ClientTether ${message} (${named})`, details);
}

function createMalformedError(problem: string): RemoteError {
  return new RemoteError(
    'malformed',
    `The response of ClientTether ${problem}. The connection may need an update.`,
  );
}
