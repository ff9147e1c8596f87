import type { AstroGlobal } from 'astro';
import { cleanForm, type FormState } from '../components/ui/form-state.ts';
import type { FieldErrors } from '#lib/identity/auth/input.ts';
import { Problem } from '#lib/platform/errors.ts';
import { getRetryAfter } from '../middleware/problems.ts';
import { getOwn } from '#lib/platform/own.ts';
import { isStorable } from '#lib/records/text.ts';

/** The fields of a form: the last value of each name, without files. */
export type Fields = Record<string, string>;
type FormContext = Pick<AstroGlobal, 'request' | 'response'>;

/**
 * Runs `work` on a submitted form. Its Response is returned; a Problem that the user can fix
 * becomes the state of the form, with the Problem's status. Without a submission, or when `work`
 * returns nothing, the state is clean.
 */
export async function handleForm(
  { request, response }: FormContext,
  work: (fields: Fields) => Promise<Response | undefined | void>,
): Promise<FormState | Response> {
  if (request.method !== 'POST') return cleanForm();
  const fields = await readFields(request);
  try {
    return (await work(fields)) ?? cleanForm();
  } catch (error) {
    if (!(error instanceof Problem) || error.code === 'internal') throw error;
    response.status = error.status;
    const seconds = getRetryAfter(error);
    if (seconds !== undefined) response.headers.set('retry-after', String(seconds));
    return { values: omitSecrets(fields), errors: getErrors(error), problem: error };
  }
}

/**
 * Reads the fields of a submitted form. Any other body, one that is cut short, and text that the
 * database cannot store throw Problem `bad_request`.
 */
export async function readFields(request: Request): Promise<Fields> {
  if (!isFormPost(request))
    throw new Problem('bad_request', 'This address accepts only form submissions.');
  const fields = new Map<string, string>();
  for (const [name, value] of await parseForm(request)) {
    if (typeof value !== 'string') continue;
    if (!isStorable(name) || !isStorable(value)) throw unstorableForm();
    fields.set(name, value);
  }
  return Object.fromEntries(fields);
}

async function parseForm(request: Request): Promise<FormData> {
  try {
    return await request.formData();
  } catch (error) {
    // Fetch reports a body that is no form as a TypeError (https://fetch.spec.whatwg.org/#body).
    // A connection that breaks and a body that is too large are other errors.
    if (!(error instanceof TypeError)) throw error;
    throw new Problem(
      'bad_request',
      'The form arrived damaged. Reload the page and send it again.',
    );
  }
}

const unstorableForm = () =>
  new Problem(
    'bad_request',
    'A field holds a character that cannot be stored (NUL). Remove it and send the form again.',
  );

/** Whether the request has the content type of an HTML form. */
export function isFormPost({ headers }: Request): boolean {
  return /^(application\/x-www-form-urlencoded|multipart\/form-data)\b/i.test(
    headers.get('content-type') ?? '',
  );
}

/** Redirects after a form, with cookies. The path must already be URL-encoded. */
export function redirectAfterPost(path: string, cookies?: Headers): Response {
  const headers = new Headers({ location: path });
  for (const line of cookies?.getSetCookie() ?? []) headers.append('set-cookie', line);
  return new Response(null, { status: 303, headers });
}

/** Sets cookies on a page that is about to be rendered. */
export function setCookies({ response }: Pick<AstroGlobal, 'response'>, cookies: Headers): void {
  for (const line of cookies.getSetCookie()) response.headers.append('set-cookie', line);
}

function getErrors({ details }: Problem): Record<string, string> {
  return typeof details === 'object' && details !== null && 'fields' in details
    ? (details as FieldErrors).fields
    : {};
}

/** Returns the notice for `?done=`; none while the form shows a problem. */
export function findNotice(
  { problem }: FormState,
  notices: Record<string, string>,
  url: URL,
): string | undefined {
  const done = url.searchParams.get('done') ?? '';
  return problem === null ? getOwn(notices, done) : undefined;
}

const secretName = /password|code|token|secret/i;

function omitSecrets(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !secretName.test(name)));
}
