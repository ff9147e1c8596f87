import { z } from 'zod';
import { Problem } from '../platform/errors.ts';
import { isStorable } from '../records/text.ts';

/** A point in time: a Date here, ISO 8601 in UTC in JSON. */
export const instant = z.codec(z.iso.datetime(), z.date(), {
  decode: (text) => new Date(text),
  encode: (at) => at.toISOString(),
});

/**
 * Parses the query of an API request strictly: unknown or repeated names and invalid values throw
 * Problem `bad_request`, with details for each parameter. An empty value counts as absent.
 */
export function parseQuery<Schema extends z.ZodObject>(
  schema: Schema,
  params: URLSearchParams,
): z.output<Schema> {
  const given = new Map<string, string>();
  const wrong = new Map<string, string>();
  for (const [name, value] of params) {
    if (!Object.hasOwn(schema.shape, name)) wrong.set(name, 'Unknown parameter.');
    else if (given.has(name)) wrong.set(name, 'This parameter appears more than once.');
    else if (!isStorable(value)) wrong.set(name, 'Remove the NUL character.');
    else if (value.trim() !== '') given.set(name, value);
  }
  const parsed = schema.safeParse(Object.fromEntries(given));
  for (const { path, message } of parsed.error?.issues ?? []) {
    const name = path.join('.');
    if (!wrong.has(name)) wrong.set(name, message);
  }
  if (parsed.success && wrong.size === 0) return parsed.data;
  throw new Problem(
    'bad_request',
    `The query is invalid. Correct these parameters: ${[...wrong.keys()].join(', ')}.`,
    { fields: Object.fromEntries(wrong) },
  );
}

/** Parses the JSON body of a request strictly, like `parseQuery`. */
export async function parseBody<Schema extends z.ZodType>(
  schema: Schema,
  request: Request,
): Promise<z.output<Schema>> {
  if (!/^application\/json\b/i.test(request.headers.get('content-type') ?? ''))
    throw new Problem(
      'bad_request',
      'The body must be JSON, with the content type application/json.',
    );
  const parsed = schema.safeParse(parseStorable(await request.text()));
  if (parsed.success) return parsed.data;
  const wrong = Object.fromEntries(
    parsed.error.issues.map(({ path, message }) => [path.join('.'), message]),
  );
  throw new Problem(
    'bad_request',
    'The body is invalid: it does not match the schema of this endpoint.',
    { fields: wrong },
  );
}

/**
 * The JSON of a body; undefined when it is not JSON, is nested too deeply, or holds text that the
 * database cannot store.
 */
export function parseStorable(text: string): unknown {
  try {
    return JSON.parse(text, (name, value: unknown) => {
      if (!isStorable(name) || (typeof value === 'string' && !isStorable(value)))
        throw new SyntaxError('The text cannot be stored');
      return value;
    });
  } catch (error) {
    // Revivers are called recursively, so thousands of nested brackets exhaust the stack.
    if (error instanceof SyntaxError || error instanceof RangeError) return undefined;
    throw error;
  }
}

/**
 * Creates a response from its schema: fields that the schema does not name are omitted, and a value
 * that contradicts it is an internal error.
 */
export function toJsonResponse<Schema extends z.ZodType>(
  schema: Schema,
  value: z.output<Schema>,
  status = 200,
): Response {
  return Response.json(z.encode(schema, value), { status });
}
