import { RemoteError, type RemoteErrorKind } from '../../platform/http/errors.ts';
import { parseJson } from '../../platform/http/json.ts';

/** A response's content, whichever way it is wrapped. */
export interface Envelope {
  items: unknown[];
  /** TotalRecord, when told. Whether it counts the page or the whole list is not documented. */
  total: number | undefined;
}

/**
 * Result codes without `_`: the API responds with HTTP 200 and CT_200 or CT200, and CT_515 or CT515
 * for an empty list. The others have not been seen on lists; they are read like the HTTP status
 * they end with.
 */
const SUCCESS = 'CT200';
const NOTHING_FOUND = 'CT515';
const FAILURES: Record<string, { kind: RemoteErrorKind; message: string }> = {
  CT401: {
    kind: 'auth',
    message: 'refused the credentials. Enter the access token and the web key again.',
  },
  CT403: {
    kind: 'auth',
    message: 'refused the credentials. Enter the access token and the web key again.',
  },
  CT404: { kind: 'gone', message: 'does not have what was asked for any more.' },
  CT429: {
    kind: 'rate_limited',
    message: 'asked to slow down. Reading continues by itself later.',
  },
  CT500: {
    kind: 'transient',
    message: 'could not answer right now. The next try follows by itself.',
  },
  CT503: {
    kind: 'transient',
    message: 'could not answer right now. The next try follows by itself.',
  },
};

/**
 * Reads the items out of a body. Throws RemoteError `malformed`, or what the result code stands
 * for.
 */
export function parseEnvelope(body: string): Envelope {
  const fields = readFields(body);
  const code = String(fields.get('resultcode') ?? '')
    .toUpperCase()
    .replaceAll('_', '');
  if (code === NOTHING_FOUND) return { items: [], total: 0 };
  if (code !== SUCCESS) throw createFailure(code);
  return { items: parseItems(fields.get('data')), total: parseTotal(fields.get('totalrecord')) };
}

/** The top-level fields by lower-case name without `_`. */
function readFields(body: string): Map<string, unknown> {
  const value = parseBody(body);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw createMalformedError('without its usual wrapping');
  return new Map(
    Object.entries(value).map(([key, field]) => [key.toLowerCase().replaceAll('_', ''), field]),
  );
}

function parseBody(body: string): unknown {
  try {
    return parseJson(body);
  } catch {
    throw createMalformedError('that is not JSON');
  }
}

/** Lists may be nested; `false` and null stand for none. */
function parseItems(data: unknown): unknown[] {
  if (Array.isArray(data)) return data.flat(Number.POSITIVE_INFINITY);
  if (data === false || data === null) return [];
  if (typeof data === 'object') return [data];
  throw createMalformedError('without data');
}

function parseTotal(value: unknown): number | undefined {
  const total = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof total === 'number' && Number.isSafeInteger(total) && total >= 0 ? total : undefined;
}

function createFailure(code: string): RemoteError {
  const { kind, message } = FAILURES[code] ?? {
    kind: 'malformed',
    message: 'did not accept the request.',
  };
  const named = /^CT\d{1,4}$/.test(code) ? code : 'no known result code';
  return new RemoteError(kind, `ClientTether ${message} (${named})`);
}

function createMalformedError(how: string): RemoteError {
  return new RemoteError(
    'malformed',
    `ClientTether sent an answer ${how}. The connection may need an update.`,
  );
}
