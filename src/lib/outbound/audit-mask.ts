import { mask } from '../platform/mask.ts';

/** The longest body and path that the log keeps, in characters: what a person can still read. */
const maxBodyLength = 8_000;
const maxPathLength = 1_000;

/** Fields that are masked whatever they hold, because topics and descriptions name people, too. */
const personalFields = new Set(['subject', 'name', 'description', 'hnt_infrasummary']);

/** A body without personal data, and without characters that cannot be stored. Pure. */
export function maskBody(body: unknown): unknown {
  const masked = maskValue(body, undefined);
  return JSON.stringify(masked ?? null).length > maxBodyLength
    ? { note: 'Too long to be stored here.' }
    : (masked ?? null);
}

function maskValue(value: unknown, name: string | undefined): unknown {
  if (Array.isArray(value)) return value.map((each) => maskValue(each, name));
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(
      Object.entries(value).map(([field, each]) => [field, maskValue(each, field)]),
    );
  const storable = typeof value === 'string' ? value.toWellFormed().replaceAll('\0', '') : value;
  if (name === undefined) return mask(storable);
  return personalFields.has(name)
    ? mask(storable, true)
    : (mask({ [name]: storable }) as Record<string, unknown>)[name];
}

/**
 * Path and query without the host; addresses in a filter are masked, and the list of columns is
 * left out: it is long and always the same. Pure.
 */
export function maskPath(url: string): string {
  const { pathname, search } = new URL(url);
  return String(mask(decode(pathname + search).replace(/\$select=[^&]*/, '$select=…'))).slice(
    0,
    maxPathLength,
  );
}

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
