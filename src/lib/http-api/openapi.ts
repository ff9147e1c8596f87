import { z } from 'zod';
import { problemStatus, type ProblemCode } from '../platform/errors.ts';
import { endpoints, type Endpoint } from './endpoints.ts';
import { problemAnswer } from './problem.ts';

type Json = Record<string, unknown>;

/**
 * The OpenAPI 3.1 document of the API, made from the very schemas that parse its queries and write
 * its answers.
 */
export function openApiDocument(): Json {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Tributary',
      version: '1',
      description:
        'Sign in with POST /api/auth/sign-in/email and send the session cookie along. A workspace that is not yours answers like one that does not exist.',
    },
    paths: pathsOf(endpoints),
    components: {
      securitySchemes: {
        session: { type: 'apiKey', in: 'cookie', name: 'tributary.session_token' },
      },
      schemas: Object.fromEntries([
        ...endpoints.map(({ answer }) => [answer.name, wireForm(answer.schema)]),
        ['Problem', wireForm(problemAnswer)],
      ]),
    },
  };
}

/** What a schema asks for on the wire, without the parts that a document says once. */
function wireForm(schema: z.ZodType): Json {
  const { $schema: _dialect, ...form } = z.toJSONSchema(schema, { io: 'input' });
  return form;
}

function pathsOf(all: Endpoint[]): Json {
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
  for (const endpoint of all) (paths[endpoint.path] ??= {})[endpoint.method] = operation(endpoint);
  return paths;
}

function operation({ path, summary, role, query, body, answer, problems }: Endpoint): Json {
  const { status, name, description } = answer;
  const all = [...pathParameters(path), ...(query === undefined ? [] : parameters(query))];
  return {
    summary,
    ...(role === null
      ? { security: [] }
      : { description: `For the role ${role} and up.`, security: [{ session: [] }] }),
    ...(all.length === 0 ? {} : { parameters: all }),
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: { 'application/json': { schema: wireForm(body) } },
          },
        }),
    responses: {
      [status]: json(description, name),
      ...Object.fromEntries(
        problemsOf(role, problems).map((code) => [problemStatus[code], json(code, 'Problem')]),
      ),
    },
  };
}

function problemsOf(role: Endpoint['role'], own: ProblemCode[]): ProblemCode[] {
  const guarded: ProblemCode[] =
    role === null ? [] : ['bad_request', 'unauthenticated', 'forbidden', 'not_found'];
  return [...guarded, ...own, 'internal', 'unavailable'];
}

const json = (description: string, name: string): Json => ({
  description,
  content: { 'application/json': { schema: { $ref: `#/components/schemas/${name}` } } },
});

/** The ids in an address such as /api/referrals/{id}. */
function pathParameters(path: string): Json[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string', ...(/id$/i.test(name ?? '') && { format: 'uuid' }) },
  }));
}

function parameters(query: z.ZodObject): Json[] {
  const { properties = {}, required = [] } = z.toJSONSchema(query, { io: 'input' });
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    schema,
  }));
}
