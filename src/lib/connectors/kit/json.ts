import type { z } from 'zod';
import { RemoteError } from '../../platform/http/errors.ts';
import { parseJson } from '../../platform/http/json.ts';

/**
 * The JSON of a body, with long integers kept exact as text; undefined when it is not JSON. Byte
 * order marks before it are skipped: decoding removes one, but PHP sends one for each file that was
 * saved with it.
 */
export function tryParseJson(body: string): unknown {
  try {
    return parseJson(body.replace(/^\s*\uFEFF[\s\uFEFF]*/, ''));
  } catch {
    return undefined;
  }
}

/**
 * The body of a response in the shape that its schema describes. Throws RemoteError `malformed`
 * with `message` when the body is not JSON or has another shape.
 */
export function parseBody<T extends z.ZodType>(
  schema: T,
  body: string,
  message: string,
): z.output<T> {
  const parsed = schema.safeParse(tryParseJson(body));
  if (parsed.success) return parsed.data;
  throw new RemoteError('malformed', message);
}

/** The fields of an object; none for any other value. */
export function toObject(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

/** An object with its names in lower case; any other value as it is. */
export function withLowerCaseNames(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => [name.toLowerCase(), field]),
  );
}
