import {
  createHash,
  createSign,
  generateKeyPairSync,
  randomBytes,
  type KeyObject,
} from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll } from 'vitest';

/** What a token shall say besides what a well-behaved provider says. */
export interface Says {
  claims?: Record<string, unknown>;
  /** Claims that are left out of the ID token. */
  without?: string[];
  /** Signs with a key that is not published. */
  forged?: boolean;
  /** Another `alg` in the header, without a signature for `none`. */
  alg?: string;
}

interface Grant {
  clientId: string;
  redirectUri: string;
  challenge: string;
  nonce: string;
  says: Says;
}

/**
 * An OpenID provider on this machine whose tokens say whatever a test wants, right or wrong. It
 * checks what a provider has to: client, secret, redirect URI, PKCE, and that a code is good once.
 */
export class IdentityProvider {
  issuer = '';
  readonly clientId = 'tributary';
  readonly secret = 'a-secret-of-the-provider';
  /** Paths that were asked for. */
  readonly asked: string[] = [];
  /** Changes the discovery document. */
  metadata: Record<string, unknown> = {};
  #server: Server | undefined;
  readonly #codes = new Map<string, Grant>();
  readonly #userInfo = new Map<string, Record<string, unknown>>();
  readonly #key = generateKeyPairSync('rsa', { modulusLength: 2048 });
  readonly #stranger = generateKeyPairSync('rsa', { modulusLength: 2048 });

  async start(): Promise<void> {
    this.#server = createServer((request, response) => {
      void this.#answer(request).then(({ status, body, headers }) => {
        response.writeHead(status, { 'content-type': 'application/json', ...headers });
        response.end(JSON.stringify(body));
      });
    });
    await new Promise<void>((resolve) => this.#server?.listen(0, '127.0.0.1', resolve));
    this.issuer = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server?.closeAllConnections();
    await new Promise((resolve) => this.#server?.close(resolve));
  }

  /** Signs a person in at the address that we sent them to; the search that they come back with. */
  signIn(url: string, says: Says = {}): string {
    const asked = new URL(url).searchParams;
    const code = randomBytes(16).toString('hex');
    this.#codes.set(code, {
      clientId: asked.get('client_id') ?? '',
      redirectUri: asked.get('redirect_uri') ?? '',
      challenge: asked.get('code_challenge') ?? '',
      nonce: asked.get('nonce') ?? '',
      says,
    });
    return `?${new URLSearchParams({ code, state: asked.get('state') ?? '' })}`;
  }

  async #answer(request: IncomingMessage) {
    const path = request.url ?? '';
    this.asked.push(path);
    if (path === '/.well-known/openid-configuration') return this.#discovery();
    if (path === '/keys')
      return ok({
        keys: [{ ...this.#key.publicKey.export({ format: 'jwk' }), kid: 'k1', use: 'sig' }],
      });
    if (path === '/userinfo')
      return ok(this.#userInfo.get(request.headers.authorization ?? '') ?? {});
    if (path === '/token') return this.#token(await readForm(request), request);
    return { status: 404, body: {}, headers: {} };
  }

  #discovery() {
    const at = (path: string) => `${this.issuer}${path}`;
    return ok({
      issuer: this.issuer,
      authorization_endpoint: at('/authorize'),
      token_endpoint: at('/token'),
      userinfo_endpoint: at('/userinfo'),
      jwks_uri: at('/keys'),
      response_types_supported: ['code'],
      id_token_signing_alg_values_supported: ['RS256'],
      code_challenge_methods_supported: ['S256'],
      ...this.metadata,
    });
  }

  #token(form: URLSearchParams, { headers }: IncomingMessage) {
    const basic = Buffer.from(
      (headers.authorization ?? '').replace(/^Basic /, ''),
      'base64',
    ).toString();
    const [id, secret] =
      basic === ''
        ? [form.get('client_id'), form.get('client_secret')]
        : basic.split(':').map(decodeURIComponent);
    if (id !== this.clientId || secret !== this.secret) return refused(401, 'invalid_client');
    const code = form.get('code') ?? '';
    const grant = this.#codes.get(code);
    this.#codes.delete(code);
    const challenge = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url');
    if (grant?.challenge !== challenge || grant.redirectUri !== form.get('redirect_uri'))
      return refused(400, 'invalid_grant');
    const token = randomBytes(8).toString('hex');
    const claims = this.#claims(grant);
    this.#userInfo.set(`Bearer ${token}`, claims);
    return ok({
      access_token: token,
      token_type: 'Bearer',
      expires_in: 60,
      id_token: this.#sign(claims, grant.says),
    });
  }

  #claims({ clientId, nonce, says }: Grant): Record<string, unknown> {
    const now = Math.floor(Date.now() / 1000);
    return {
      iss: this.issuer,
      aud: clientId,
      sub: 'person-1',
      iat: now,
      exp: now + 300,
      nonce,
      email: 'ann@acme.test',
      email_verified: true,
      name: 'Ann of Acme',
      ...says.claims,
    };
  }

  #sign(
    all: Record<string, unknown>,
    { without = [], forged = false, alg = 'RS256' }: Says,
  ): string {
    const claims = Object.fromEntries(
      Object.entries(all).filter(([name]) => !without.includes(name)),
    );
    const body = `${encode({ alg, kid: 'k1', typ: 'JWT' })}.${encode(claims)}`;
    if (alg === 'none') return `${body}.`;
    const key: KeyObject = (forged ? this.#stranger : this.#key).privateKey;
    return `${body}.${createSign('RSA-SHA256').update(body).sign(key).toString('base64url')}`;
  }
}

/** A provider for one file of tests. */
export function useIdentityProvider(): IdentityProvider {
  const provider = new IdentityProvider();
  beforeAll(() => provider.start());
  afterAll(() => provider.stop());
  return provider;
}

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const ok = (body: unknown) => ({ status: 200, body, headers: {} });
const refused = (status: number, error: string) => ({
  status,
  body: { error },
  headers: status === 401 ? { 'www-authenticate': 'Basic realm="token"' } : {},
});

async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return new URLSearchParams(text);
}
