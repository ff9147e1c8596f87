import { z } from 'zod';
import { toCookieName } from '../identity/auth/public-url.ts';
import { problemStatus, type ProblemCode } from '../platform/errors.ts';
import type { Endpoint } from './endpoint.ts';
import { endpoints } from './endpoints.ts';
import { problemResponse } from './problem.ts';

type Json = Record<string, unknown>;

/**
 * Builds the OpenAPI 3.1 document from the schemas that parse the requests and write the responses.
 */
export function openApiDocument(): Json {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Tributary',
      version: '1',
      description:
        'Sign in with POST /api/auth/sign-in/email and send the session cookie with each ' +
        'request. A workspace that you cannot access responds like one that does not exist.',
    },
    paths: toPaths(endpoints),
    components: {
      securitySchemes: {
        session: { type: 'apiKey', in: 'cookie', name: toCookieName('tributary.session_token') },
      },
      schemas: Object.fromEntries([
        ...endpoints.map(({ response }) => [response.name, toWireSchema(response.schema)]),
        ['Problem', toWireSchema(problemResponse)],
      ]),
    },
  };
}

/** The JSON schema of a body, without the dialect, which the document states once. */
function toWireSchema(schema: z.ZodType): Json {
  const { $schema: _dialect, ...form } = z.toJSONSchema(schema, { io: 'input' });
  return form;
}

function toPaths(all: Endpoint[]): Json {
  const paths: Record<string, Json> = {
    '/api/openapi.json': {
      get: {
        summary: 'This document',
        security: [],
        responses: {
          200: {
            description: 'OpenAPI 3.1.',
            content: { 'application/json': { schema: { type: 'object' } } },
          },
        },
      },
    },
  };
  for (const endpoint of all)
    (paths[endpoint.path] ??= {})[endpoint.method] = toOperation(endpoint);
  return paths;
}

function toOperation({ path, summary, role, query, body, response, problems }: Endpoint): Json {
  const { status, name, description } = response;
  const all = [...toPathParameters(path), ...(query === undefined ? [] : toQueryParameters(query))];
  return {
    summary,
    ...(role === null
      ? { security: [] }
      : { description: `Requires the role ${role} or higher.`, security: [{ session: [] }] }),
    ...(all.length === 0 ? {} : { parameters: all }),
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: { 'application/json': { schema: toWireSchema(body) } },
          },
        }),
    responses: {
      [status]: toJsonContent(description, name),
      ...Object.fromEntries(
        [...Map.groupBy(listProblemCodes(role, problems), (code) => problemStatus[code])].map(
          ([httpStatus, codes]) => [httpStatus, toJsonContent(codes.join(' or '), 'Problem')],
        ),
      ),
    },
  };
}

function listProblemCodes(role: Endpoint['role'], own: ProblemCode[]): ProblemCode[] {
  const guarded: ProblemCode[] =
    role === null
      ? []
      : [
          'bad_request',
          'unauthenticated',
          'forbidden',
          'two_factor_required',
          'not_found',
          'rate_limited',
        ];
  return [...guarded, ...own, 'internal', 'unavailable', 'timed_out'];
}

const toJsonContent = (description: string, name: string): Json => ({
  description,
  content: { 'application/json': { schema: { $ref: `#/components/schemas/${name}` } } },
});

/** The path parameters of an address such as /api/referrals/{id}. */
function toPathParameters(path: string): Json[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string', ...(/id$/i.test(name ?? '') && { format: 'uuid' }) },
  }));
}

function toQueryParameters(query: z.ZodObject): Json[] {
  const { properties = {}, required = [] } = z.toJSONSchema(query, { io: 'input' });
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    schema,
  }));
}
