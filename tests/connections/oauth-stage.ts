import { z } from 'zod';
import { SandboxClock } from '../../sandbox/kit/clock.ts';
import { TokenDesk, type TokenRules } from '../../sandbox/kit/oauth.ts';
import { json, type SandboxProvider } from '../../sandbox/kit/provider.ts';
import { startKit } from '../../sandbox/kit/server.ts';
import { createConnectionClient } from '../../src/lib/connections/client.ts';
import { sealSecret } from '../../src/lib/connections/seal.ts';
import { newId } from '../../src/lib/platform/id.ts';
import type { OwnedHttpClient } from '../../src/lib/platform/http/client.ts';
import type { ProviderDefinition } from '#lib/connectors/contract/provider.ts';
import type { TestDatabase } from '../helpers/database.ts';

interface OAuthSettings {
  baseUrl: string;
}

const secret = (name: string) => ({ name, label: name, help: 'Only tests have it.' });

/** A provider that goes by OAuth and has one thing to read: who it is. */
export function oauthProvider(kind: 'client_credentials' | 'refresh_token'): ProviderDefinition {
  return {
    key: 'oauth-test',
    label: 'OAuth test',
    category: 'crm',
    hosts: ['api.oauth.test'],
    limits: { concurrency: 4, timeoutMs: 10_000 },
    streams: [],
    settings: z.object({ baseUrl: z.string() }),
    auth: {
      kind: 'oauth2',
      secrets: [
        secret('clientSecret'),
        ...(kind === 'refresh_token' ? [secret('refreshToken')] : []),
      ],
      grant: {
        kind,
        tokenHosts: ['login.oauth.test'],
        refreshTokenDays: 90,
        tokenUrl: (settings) => `${(settings as OAuthSettings).baseUrl}token`,
        form: (_settings, secrets) => ({
          client_id: 'client',
          client_secret: secrets['clientSecret'] ?? '',
        }),
      },
    },
    check: async ({ http, settings }) =>
      void (await http.request({ url: `${(settings as OAuthSettings).baseUrl}me` })),
  };
}

export const firstRefreshToken = 'rt-first-of-the-family';
const client = {
  account: 'one',
  clientId: 'client',
  clientSecret: 'client-secret-0123',
  refreshToken: firstRefreshToken,
};

/** The account's token endpoint and the one thing behind it, over real HTTP. */
export async function startOAuthSandbox(rules: TokenRules = {}) {
  const clock = new SandboxClock();
  const desk = new TokenDesk(clock, [client], rules);
  const provider: SandboxProvider = {
    key: 'oauth-test',
    basePath: '/oauth-test/',
    routes: [
      { method: 'POST', pattern: 'token', handle: (request) => desk.respond(request) },
      {
        method: 'GET',
        pattern: 'me',
        handle: ({ headers }) =>
          desk.findAccount(headers.authorization) === null
            ? json({ error: 'expired' }, 401)
            : json({ account: 'one' }),
      },
    ],
    identify: ({ headers, body }) =>
      desk.findAccount(headers.authorization) ?? desk.findAccountByForm(body),
    control: {
      accounts: () => [],
      truth: () => ({}),
      mutate: () => ({}),
      poison: () => ({}),
      rebuild: () => {},
    },
  };
  const kit = await startKit({ providers: [provider], clock });
  const statuses = (endpoint: string) =>
    kit.log
      .entries()
      .filter((entry) => entry.endpoint === endpoint)
      .map(({ status }) => status);
  return { ...kit, clock, desk, baseUrl: `${kit.url}${provider.basePath}`, statuses };
}

export type OAuthSandbox = Awaited<ReturnType<typeof startOAuthSandbox>>;

/**
 * A connection as it is right after somebody entered its secrets. Straight into the table: the
 * provider is in no registry.
 */
export async function connectOAuth(
  db: TestDatabase,
  tenantId: string,
  secrets: Record<string, string>,
): Promise<string> {
  const connectionId = newId();
  await db.query(
    `insert into connections (tenant_id, id, provider, label)
     values ($1, $2, 'oauth-test', 'OAuth')`,
    [tenantId, connectionId],
  );
  for (const [name, value] of Object.entries(secrets)) {
    const { sealed, keyId } = sealSecret({ tenantId, connectionId, name }, value);
    await db.query(
      `insert into credentials (tenant_id, connection_id, name, sealed, key_id)
       values ($1, $2, $3, $4, $5)`,
      [tenantId, connectionId, name, sealed, keyId],
    );
  }
  return connectionId;
}

export const enteredSecrets = {
  clientSecret: client.clientSecret,
  refreshToken: firstRefreshToken,
};

export function clientOf(
  provider: ProviderDefinition,
  baseUrl: string,
  owner: { tenantId: string; connectionId: string },
): OwnedHttpClient {
  return createConnectionClient(provider, { baseUrl }, { owner, retry: { retries: 0 } });
}
