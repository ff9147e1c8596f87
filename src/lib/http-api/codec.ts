import { z } from 'zod';
import { Problem } from '../platform/errors.ts';

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
  const given: Record<string, string> = {};
  const wrong: Record<string, string> = {};
  for (const [name, value] of params) {
    if (!(name in schema.shape)) wrong[name] = 'Unknown parameter.';
    else if (name in given) wrong[name] = 'This parameter appears more than once.';
    else if (value.trim() !== '') given[name] = value;
  }
  const parsed = schema.safeParse(given);
  for (const issue of parsed.error?.issues ?? []) wrong[issue.path.join('.')] ??= issue.message;
  if (parsed.success && Object.keys(wrong).length === 0) return parsed.data;
  throw new Problem(
    'bad_request',
    `The query is invalid. Correct these parameters: ${Object.keys(wrong).join(', ')}.`,
    { fields: wrong },
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
  const body: unknown = await request.json().catch(() => undefined);
  const parsed = schema.safeParse(body);
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
