/*
 * A provider to which people sign in, on an authorization server of this machine, and the people of
 * two workspaces. Forms and routes are called as a request would call them.
 */
import type { APIContext, APIRoute } from 'astro';
import { afterAll, beforeAll } from 'vitest';
import { z } from 'zod';
import { closeDatabase } from '../../src/lib/platform/db/database.ts';
import { resetConfig } from '../../src/lib/platform/config.ts';
import { newId } from '../../src/lib/platform/id.ts';
import type { ProviderDefinition } from '#lib/connectors/contract/provider.ts';
import { providers } from '#lib/connectors/registry.ts';
import { actAs } from '#lib/identity/audit/context.ts';
import { findAccess } from '#lib/identity/auth/access.ts';
import { createUser } from '#lib/identity/auth/users.ts';
import { createTenant } from '#lib/identity/tenancy/tenants.ts';
import { redirectUri } from '#lib/connections/oauth/code-flow/start.ts';
import { getSignIn } from '#lib/connections/oauth/sign-in-queries.ts';
import { submitConnections } from '../../src/actions/connections.ts';
import { GET as authorize } from '../../src/pages/api/integrations/oauth/authorize/[provider].ts';
import { GET as callback } from '../../src/pages/api/integrations/oauth/callback/[provider].ts';
import { AuthorizationServer, type Visit } from './authorization-server.ts';

interface QuillSettings {
  baseUrl: string;
  loginUrl: string;
}

const secret = (name: string, ofApp = false) => ({ name, label: name, help: 'For tests.', ofApp });
const form = ['clientId', 'clientSecret'] as const;

/** What a provider of its own says about its API; every other one of the registry stays as it is. */
const quill: ProviderDefinition<QuillSettings> = {
  key: 'quill',
  label: 'Quill',
  category: 'crm',
  hosts: ['*.quill.test'],
  limits: { concurrency: 2, timeoutMs: 10_000 },
  streams: [],
  settings: z.object({
    baseUrl: z.string().default('https://api.quill.test/'),
    loginUrl: z.string().default('https://login.quill.test/'),
  }),
  settingFields: [{ name: 'loginUrl', label: 'Login', help: 'Where people sign in.' }],
  auth: {
    kind: 'oauth2',
    secrets: form.map((name) => secret(name, true)),
    grant: {
      kind: 'refresh_token',
      client: 'client_secret_post',
      tokenUrl: ({ loginUrl }) => `${loginUrl}token`,
      tokenHosts: ['login.quill.test'],
      refreshTokenDays: 90,
      readAccount: ({ instance_url: baseUrl, org_id: id, org_name: name }) => ({
        ...(typeof baseUrl === 'string' && { baseUrl }),
        ...(typeof id === 'string' && { id }),
        ...(typeof name === 'string' && { name }),
      }),
      readRefusal: (body) =>
        (body as { status?: string } | undefined)?.status === 'BAD_REFRESH_TOKEN'
          ? 'invalid_grant'
          : undefined,
      authorize: {
        url: ({ loginUrl }) => `${loginUrl}authorize`,
        hosts: ['login.quill.test'],
        scopes: () => ['records.read'],
        optionalScopes: () => ['records.write', 'owners.read'],
        optionalScopeParameter: 'optional_scope',
        parameters: () => ({ prompt: 'consent' }),
        issuer: ({ loginUrl }) => loginUrl,
        namesIssuer: true,
      },
    },
  },
  otherAuth: [
    {
      key: 'token',
      label: 'with an access token',
      kind: 'keys',
      secrets: [secret('token')],
      headers: ({ token = '' }) => ({ authorization: `Bearer ${token}` }),
    },
    {
      key: 'service',
      label: 'with a service account',
      kind: 'oauth2',
      secrets: [secret('serviceAccount')],
      grant: {
        kind: 'jwt_bearer',
        tokenUrl: ({ loginUrl }) => `${loginUrl}token`,
        tokenHosts: ['login.quill.test'],
        assertion: ({ loginUrl }, { serviceAccount = '{}' }) => {
          const account = z
            .object({ private_key: z.string(), client_email: z.string() })
            .parse(JSON.parse(serviceAccount));
          const { private_key: privateKey, client_email: iss } = account;
          return { privateKey, claims: { iss, sub: 'acme', aud: `${loginUrl}token` } };
        },
      },
    },
    {
      key: 'signed',
      label: 'with a signing key',
      kind: 'oauth2',
      secrets: [secret('clientId'), secret('privateKey'), secret('keyId')],
      grant: {
        kind: 'client_credentials',
        client: 'private_key_jwt',
        tokenUrl: ({ loginUrl }) => `${loginUrl}token`,
        tokenHosts: ['login.quill.test'],
        form: () => ({ scope: 'records.read' }),
      },
    },
  ],
  check: async ({ http, settings }) => void (await http.request({ url: `${settings.baseUrl}me` })),
};

/** Somebody who is signed in here, in one browser. */
export interface Person {
  id: string;
  email: string;
  sessionId: string;
}

export const server = new AuthorizationServer();
export const people = {} as Record<'ann' | 'andy' | 'bob' | 'vera', Person>;
export const tenants = {} as Record<'acme' | 'birch', { id: string }>;

/** Registers the provider and creates the people: ann and andy run acme, bob runs birch. */
export function useSignIn(): void {
  const registry = providers as ProviderDefinition[];
  beforeAll(async () => {
    registry.push(quill as unknown as ProviderDefinition);
    await server.start();
    server.redirectUri = redirectUri('quill');
    for (const slug of ['acme', 'birch'] as const)
      tenants[slug] = await createTenant({ slug, name: slug });
    const jobs = { ann: 'acme', andy: 'acme', bob: 'birch', vera: 'acme' } as const;
    for (const [name, tenantSlug] of Object.entries(jobs)) {
      const email = `${name}@${tenantSlug}.test`;
      const role = name === 'vera' ? 'member' : 'admin';
      const { user } = await createUser({ email, tenantSlug, role });
      people[name as keyof typeof people] = { id: user.id, email, sessionId: newId() };
    }
  });
  afterAll(async () => {
    registry.pop();
    await server.stop();
    await closeDatabase();
  });
}

/** Runs the process with this value of OAUTH_CLIENTS from now on. */
export function setApps(apps: Record<string, unknown> | undefined): void {
  if (apps === undefined) delete process.env['OAUTH_CLIENTS'];
  else process.env['OAUTH_CLIENTS'] = JSON.stringify(apps);
  resetConfig();
}

/** Sends a form of the connections page; the path that its answer leads to. */
export async function send(
  who: Person,
  slug: string,
  fields: Record<string, string>,
): Promise<string> {
  const access = await findAccess({ ...who, name: '' }, slug);
  if (access === undefined) throw new Error('no access');
  const answer = await as(who, () => submitConnections(access, fields));
  return answer.headers.get('location') ?? '';
}

/** The form that connects, with an app of the person's own. */
export const appForm = () => ({
  intent: 'sign-in',
  provider: 'quill',
  label: 'Our Quill',
  'setting.loginUrl': server.url,
  'secret.clientId': server.clientId,
  'secret.clientSecret': server.clientSecret,
});

/** Begins a sign-in and returns its id. */
export async function begin(
  who: Person = people.ann,
  slug = 'acme',
  fields: Record<string, string> = appForm(),
): Promise<string> {
  return (await send(who, slug, fields)).split('/').at(-1) ?? '';
}

/** Follows the link to the provider; the address there. */
export async function leave(
  id: string,
  who: Person = people.ann,
  slug = 'acme',
  provider = 'quill',
): Promise<string> {
  const url = new URL(`http://localhost/api/integrations/oauth/authorize/${provider}`);
  url.search = new URLSearchParams({ tenant: slug, signIn: id }).toString();
  return locationOf(await call(authorize, who, provider, url));
}

/** Comes back from the provider; the path that the answer leads to. Throws Problem when refused. */
export async function comeBack(
  back: URL,
  who: Person = people.ann,
  provider = 'quill',
): Promise<string> {
  const url = new URL(back.search, `http://localhost/api/integrations/oauth/callback/${provider}`);
  return locationOf(await call(callback, who, provider, url));
}

/** All of it: begins, signs in as `visit` says, and comes back. */
export async function signIn(
  visit: Visit = {},
  fields: Record<string, string> = appForm(),
): Promise<{ id: string; path: string }> {
  const id = await begin(people.ann, 'acme', fields);
  return { id, path: await comeBack(server.visit(await leave(id), visit)) };
}

/** What the page of a sign-in says. */
export const messageOf = async (id: string): Promise<string | null> =>
  (await getSignIn(tenants.acme.id, id)).message;

const as = <T>({ id, email }: Person, fn: () => T): T =>
  actAs({ kind: 'user', id, label: email }, fn);

async function call(route: APIRoute, who: Person, provider: string, url: URL): Promise<Response> {
  const context = {
    url,
    params: { provider },
    request: new Request(url),
    routePattern: url.pathname,
    locals: {
      user: { id: who.id, email: who.email, name: '', twoFactorEnabled: false },
      session: { id: who.sessionId, activeTenantId: null, expiresAt: new Date() },
    },
    redirect: (location: string, status: number) =>
      new Response(null, { status, headers: { location } }),
  } as unknown as APIContext;
  return as(who, async () => route(context) as Promise<Response>);
}

const locationOf = ({ headers }: Response): string => headers.get('location') ?? '';
