import type { APIContext } from 'astro';
import { Problem } from '#lib/platform/errors.ts';
import { isUnavailable } from '#lib/platform/db/retry.ts';
import { log } from '#lib/platform/log.ts';
import { safeReason, scrub } from '#lib/platform/secrets.ts';
import { tooLarge } from './request.ts';

/**
 * Turns an error into a response: the error page, or JSON for the API. Every error passes through
 * here.
 */
export async function respondToError(context: APIContext, error: unknown): Promise<Response> {
  const problem = toProblem(error);
  const response =
    context.url.pathname.startsWith('/api/') && !isShownToPerson(context)
      ? toJsonResponse(problem, context.locals.requestId)
      : await renderPage(context, problem);
  const seconds = getRetryAfter(problem);
  if (seconds !== undefined) response.headers.set('retry-after', String(seconds));
  // The rest of the body is still arriving and must not be read as the next request.
  if (problem.code === 'too_large') response.headers.set('connection', 'close');
  return response;
}

/**
 * Whether a browser shows the answer to a person: buttons of pages send forms to the API, too, and
 * people go through it on their way to a provider and back.
 */
const isShownToPerson = ({ request: { method, headers }, url }: APIContext): boolean =>
  (method === 'POST' || url.pathname.startsWith('/api/integrations/oauth/')) &&
  /\btext\/html\b/.test(headers.get('accept') ?? '');

/** Creates the JSON of an API error. */
export function toJsonResponse(
  { code, message, details, status }: Problem,
  requestId: string,
): Response {
  return Response.json(
    { error: { code, message, requestId, ...(details === undefined ? {} : { details }) } },
    { status },
  );
}

/** Returns the seconds to wait that a Problem names. */
export function getRetryAfter({ code, details }: Problem): number | undefined {
  if (code === 'unavailable') return 30;
  const seconds: unknown =
    typeof details === 'object' && details !== null
      ? Reflect.get(details, 'retryAfter')
      : undefined;
  return typeof seconds === 'number' ? seconds : undefined;
}

/**
 * Converts an error to a Problem that may be shown. Unexpected errors are logged, and the response
 * has only the request id.
 */
function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (listCauses(error).some(({ message }) => message.startsWith('Body size limit exceeded')))
    return tooLarge();
  const stack = error instanceof Error ? stripParameters(scrub(error.stack ?? '')) : undefined;
  const reason = stripParameters(safeReason(error));
  log.error({ event: 'http.error', reason, stack }, 'A request failed');
  if (isUnavailable(error))
    return new Problem('unavailable', 'The database cannot be reached. Try again in a minute.');
  return new Problem(
    'internal',
    'Something went wrong on our side and has been logged. ' +
      'Try again, or report it with its request number.',
  );
}

async function renderPage(context: APIContext, problem: Problem): Promise<Response> {
  context.locals.problem = problem;
  try {
    const page = await context.rewrite(
      new Request(new URL(selectPage(problem), context.url), { headers: context.request.headers }),
    );
    return new Response(page.body, { status: problem.status, headers: page.headers });
  } catch (error) {
    log.error(
      { event: 'http.error_page_failed', reason: safeReason(error) },
      'The error page failed',
    );
    return new Response(`${problem.message}\n`, {
      status: problem.status,
      headers: { 'content-type': 'text/plain; charset=utf-8' },
    });
  }
}

/**
 * Selects the error page: a foreign resource looks like a missing one, and an internal error gives
 * no details.
 */
function selectPage({ code }: Problem): string {
  if (code === 'not_found') return '/404';
  return code === 'internal' || code === 'unavailable' ? '/500' : '/problem';
}

function listCauses(error: unknown): Error[] {
  const chain: Error[] = [];
  for (let cause = error; cause instanceof Error && chain.length < 5; cause = cause.cause)
    chain.push(cause);
  return chain;
}

/**
 * Removes the values of a failed query, which Drizzle puts into its message: user input must not be
 * logged.
 */
function stripParameters(text: string): string {
  return text.replace(/\nparams: .*?(?=\n {4}at |$)/s, '');
}
