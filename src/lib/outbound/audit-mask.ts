import { mask } from '../platform/mask.ts';

/** The longest body and path that the log keeps, in characters: what a person can still read. */
const maxBodyLength = 8_000;
const maxPathLength = 1_000;

/** Fields that are masked whatever they hold, because topics and descriptions name people, too. */
const personalFields = ['subject', 'name', 'description'];

/** A value of a query is cut after this many characters: lists of columns are long and repeat. */
const maxParameterLength = 200;

/**
 * A body without personal data, and without characters that cannot be stored. `more`: further
 * fields that are masked whatever they hold. Pure.
 */
export function maskBody(body: unknown, more: readonly string[] = []): unknown {
  const masked = maskValue(body, undefined, new Set([...personalFields, ...more]));
  return JSON.stringify(masked ?? null).length > maxBodyLength
    ? { note: 'Too long to be stored here.' }
    : (masked ?? null);
}

function maskValue(
  value: unknown,
  name: string | undefined,
  personal: ReadonlySet<string>,
): unknown {
  if (Array.isArray(value)) return value.map((each) => maskValue(each, name, personal));
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(
      Object.entries(value).map(([field, each]) => [field, maskValue(each, field, personal)]),
    );
  const storable = typeof value === 'string' ? value.toWellFormed().replaceAll('\0', '') : value;
  if (name === undefined) return mask(storable);
  return personal.has(name)
    ? mask(storable, true)
    : (mask({ [name]: storable }) as Record<string, unknown>)[name];
}

/**
 * Path and query without the host; addresses in a filter are masked, and long values of the query
 * are cut. Pure.
 */
export function maskPath(url: string): string {
  const { pathname, search } = new URL(url);
  const query = search.split('&').map((parameter) => cut(String(mask(decode(parameter)))));
  return (String(mask(decode(pathname))) + query.join('&')).slice(0, maxPathLength);
}

const cut = (text: string): string =>
  text.length > maxParameterLength ? `${text.slice(0, maxParameterLength)}…` : text;

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The body as JSON, or a note that it is none. Pure. */
export function parseBody(body: string): unknown {
  try {
    return body.trim() === '' ? null : JSON.parse(body);
  } catch {
    return 'Not JSON.';
  }
}
