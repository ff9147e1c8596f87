import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import Provider from 'oidc-provider';

/** A certified OpenID provider (npm `oidc-provider`) on this machine. */
export interface OpenIdProvider {
  issuer: string;
  clientId: string;
  secret: string;
  /** Registers a redirect URI, as an administrator of the provider does. */
  register(redirectUri: string): void;
  close(): Promise<void>;
}

const clientId = 'tributary';
const secret = 'secret-of-the-sandbox-provider';

/**
 * Starts the provider. Its sign-in page asks for an address and signs in whoever that is; an address
 * that begins with `unverified` is one that the provider has not verified.
 */
export async function startOpenIdProvider(): Promise<OpenIdProvider> {
  const redirectUris: string[] = [];
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const provider = createProvider(issuer);
  Object.assign(provider.Client.prototype, {
    redirectUriAllowed: (uri: string) => redirectUris.includes(uri),
  });
  const callback = provider.callback();
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    if (request.url?.startsWith('/sign-in/') === true) void signIn(provider, request, response);
    else void callback(request, response);
  });
  return {
    issuer,
    clientId,
    secret,
    register: (uri) => redirectUris.push(uri),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function createProvider(issuer: string): Provider {
  return new Provider(issuer, {
    clients: [
      {
        client_id: clientId,
        client_secret: secret,
        redirect_uris: ['https://registered-later.test/'],
      },
    ],
    claims: { email: ['email', 'email_verified'], profile: ['name'] },
    scopes: ['openid', 'email', 'profile'],
    pkce: { required: () => true },
    features: { devInteractions: { enabled: false } },
    cookies: { keys: ['a key of the sandbox'] },
    interactions: { url: (_context, { uid }) => `/sign-in/${uid}` },
    findAccount: (_context, id) => ({
      accountId: id,
      claims: () => ({
        sub: id,
        email: id,
        email_verified: !id.startsWith('unverified'),
        name: 'Ann of Acme',
      }),
    }),
    // Nobody is asked to consent: their administrator has, for all of them.
    loadExistingGrant: async ({ oidc }) => {
      const grant = new oidc.provider.Grant({
        accountId: oidc.session?.accountId ?? '',
        clientId: oidc.client?.clientId ?? '',
      });
      grant.addOIDCScope('openid email profile');
      await grant.save();
      return grant;
    },
  });
}

async function signIn(
  provider: Provider,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { params } = await provider.interactionDetails(request, response);
  if (request.method === 'POST') {
    const accountId = (await readForm(request)).get('login') ?? '';
    await provider.interactionFinished(request, response, { login: { accountId } });
    return;
  }
  response.setHeader('content-type', 'text/html; charset=utf-8');
  response.end(
    `<!doctype html><html lang="en"><title>Acme</title><link rel="icon" href="data:,">` +
      `<h1>Acme accounts</h1><form method="post"><label>Account ` +
      `<input name="login" value="${String(params['login_hint']).replace(/[^\w@.-]/g, '')}">` +
      `</label><button>Log in</button></form></html>`,
  );
}

async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return new URLSearchParams(text);
}
