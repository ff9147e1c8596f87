import { defineMiddleware } from 'astro:middleware';
import type { APIContext, MiddlewareNext } from 'astro';
import { actAs, type AuditActor } from '#lib/identity/audit/context.ts';
import { readAddress, readClientAddress, buildClientHeaders } from '#lib/identity/auth/client.ts';
import { readSession } from '#lib/identity/auth/sessions.ts';
import { noticeUntrustedProxy } from '#lib/identity/auth/untrusted-proxy.ts';
import { config } from '#lib/platform/config.ts';
import { withQueryTime } from '#lib/platform/db/query-time.ts';
import { log, withLogFields } from '#lib/platform/log.ts';
import { countRequest } from '#lib/platform/metrics/http.ts';
import { withSpan, type SetSpanFields } from '#lib/platform/tracing.ts';
import { addSecurityHeaders } from './headers.ts';
import { withLifetime } from './lifetime.ts';
import { respondToError } from './problems.ts';
import {
  appendCookies,
  refuseForeignOrigin,
  refuseLargeBody,
  refuseNul,
  readRequestId,
} from './request.ts';

/**
 * Routes that answer everybody alike. The session is not read for them: a cookie would otherwise
 * make the liveness probe ask the database, and turn the reason of the readiness probe into an
 * error page.
 */
const withoutSession = ['/healthz', '/readyz', '/metrics', '/api/openapi.json'];

/**
 * Wraps every page and endpoint: assigns the request id, rejects invalid requests, reads the
 * session and turns errors into responses. Access control is not done here
 * but by the guards of the routes (guard.ts).
 */
export const onRequest = defineMiddleware((context, next) => {
  // Error pages are rendered through a rewrite, which passes through here a second time.
  if (context.locals.requestId !== undefined) return next();
  noticeUntrustedProxy(context.request, config().TRUST_PROXY);
  const requestId = readRequestId(context.request, config().TRUST_PROXY);
  Object.assign(context.locals, {
    requestId,
    user: null,
    session: null,
    client: readClient(context),
  });
  const {
    routePattern: route,
    request: { method },
  } = context;
  return withLogFields({ requestId }, () =>
    withSpan(
      `${method} ${route}`,
      { method, route },
      (note) => actAs(readSource(context), () => respond(context, next, route, note)),
      'server',
    ),
  );
});

async function respond(
  context: APIContext,
  next: MiddlewareNext,
  route: string,
  note: SetSpanFields,
): Promise<Response> {
  const startedAt = performance.now();
  const response = await withQueryTime(async (tally) => {
    const rendered = await withLifetime(context, () => handleRequest(context, next)).catch(
      (error: unknown) => respondToError(context, error),
    );
    note({ dbMs: Math.round(tally.ms), dbQueries: tally.queries });
    return rendered;
  });
  response.headers.set('x-request-id', context.locals.requestId);
  if (context.locals.leaveQueue === undefined) secureInDevelopment(response.headers);
  const { method } = context.request;
  const ms = performance.now() - startedAt;
  const fields = { status: response.status, userId: context.locals.user?.id };
  countRequest(method, route, response.status, ms);
  note(fields);
  log.info({ event: 'http.request', method, route, ms: Math.round(ms), ...fields }, 'Request');
  return response;
}

async function handleRequest(context: APIContext, next: MiddlewareNext): Promise<Response> {
  refuseLargeBody(context.request);
  refuseForeignOrigin(context.request, context.url);
  refuseNul(context.url);
  if (withoutSession.includes(context.routePattern)) return next();
  const { signedIn, cookies } = await readSession(context.locals.client);
  Object.assign(context.locals, signedIn);
  const person = signedIn?.user;
  const response = await withLogFields({ userId: person?.id }, () =>
    person === undefined
      ? next()
      : actAs({ kind: 'user', id: person.id, label: person.email }, () => next()),
  );
  return appendCookies(response, cookies);
}

/** From where the request comes, for the audit log; who sent it is known once the session is. */
function readSource({ locals: { client, requestId } }: APIContext): Partial<AuditActor> {
  const userAgent = client.get('user-agent');
  return { kind: 'anonymous', address: readAddress(client), userAgent, requestId };
}

/**
 * The server that answers in production (scripts/web.ts) adds the headers to whatever it sends; the
 * development server is Astro's own. It inlines scripts and styles, and sends no policy for them.
 */
function secureInDevelopment(headers: Headers): void {
  if (headers.get('content-type')?.startsWith('text/html'))
    headers.set('content-security-policy', "base-uri 'self'");
  addSecurityHeaders(headers);
}

function readClient(context: APIContext): Headers {
  return buildClientHeaders(
    context.request,
    readClientAddress(context.request, context.clientAddress, config().TRUST_PROXY),
  );
}
