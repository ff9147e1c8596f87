import { createHash, randomBytes, verify, type KeyObject } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a person does on the pages of the provider, or what happens to them on the way. */
export interface Visit {
  /** The account that they sign in to. */
  account?: string;
  /** They decline, or the server refuses with another error. */
  error?: string;
  /** Scopes that they tick off. */
  without?: string[];
  /** The `iss` of the answer; null for none. */
  iss?: string | null;
}

interface Grant {
  account: string;
  redirectUri: string;
  challenge: string;
  scope: string;
}

interface Reply {
  status: number;
  body: unknown;
  headers?: Record<string, string>;
}

/** The fields that each grant allows; any other one is refused. */
const fieldsOf: Record<string, string[]> = {
  authorization_code: ['code', 'redirect_uri', 'code_verifier'],
  refresh_token: ['refresh_token'],
  client_credentials: ['scope', 'client_assertion', 'client_assertion_type'],
  'urn:ietf:params:oauth:grant-type:jwt-bearer': ['assertion'],
};

/**
 * An authorization server on this machine and the one thing behind it, `me`. It checks what a server
 * has to (client, secret, redirect URI, PKCE, that codes and refresh tokens are good once) and
 * refuses fields that no document allows; its answers have whatever quirks a test gives them.
 */
export class AuthorizationServer {
  url = '';
  readonly clientId = 'our-app';
  readonly clientSecret = 'secret-of-our-app-0123456789';
  redirectUri = '';
  /** Changes the answers with tokens. */
  shape: (answer: Record<string, unknown>) => unknown = (answer) => answer;
  /** Answers the next request for a token instead. */
  next: Reply | undefined;
  /** Keys of clients that sign, by `iss`. */
  readonly keys = new Map<string, KeyObject>();
  /** The forms that came to the token endpoint. */
  readonly forms: Record<string, string>[] = [];
  /** Codes, tokens and verifiers that went over the wire. */
  readonly secrets: string[] = [];
  #server: Server | undefined;
  readonly #codes = new Map<string, Grant>();
  readonly #refresh = new Map<string, Grant>();
  readonly #access = new Map<string, string>();

  async start(): Promise<void> {
    this.#server = createServer((request, response) => void this.#answer(request, response));
    await new Promise<void>((resolve) => this.#server?.listen(0, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  async stop(): Promise<void> {
    this.#server?.closeAllConnections();
    await new Promise((resolve) => this.#server?.close(resolve));
  }

  /** A person opens the address that we sent them to. Returns the one that they are sent back to. */
  visit(address: string, visit: Visit = {}): URL {
    const asked = new URL(address);
    const get = (name: string) => asked.searchParams.get(name) ?? '';
    if (`${asked.origin}${asked.pathname}` !== `${this.url}authorize`) throw new Error(address);
    if (get('client_id') !== this.clientId || get('redirect_uri') !== this.redirectUri)
      throw new Error(`not our app: ${address}`);
    if (get('response_type') !== 'code' || get('code_challenge_method') !== 'S256')
      throw new Error(`no code with PKCE: ${address}`);
    const back = new URL(this.redirectUri);
    back.searchParams.set('state', get('state'));
    if (visit.iss !== null) back.searchParams.set('iss', visit.iss ?? this.url);
    if (visit.error !== undefined) back.searchParams.set('error', visit.error);
    else back.searchParams.set('code', this.#issueCode(get, visit));
    return back;
  }

  /** Makes all access tokens bad. */
  expire(): void {
    this.#access.clear();
  }

  /** Makes all tokens of an account bad. */
  revoke(account: string): void {
    for (const [token, owner] of this.#access) if (owner === account) this.#access.delete(token);
    for (const [token, grant] of this.#refresh)
      if (grant.account === account) this.#refresh.delete(token);
  }

  #issueCode(get: (name: string) => string, { account = 'acme', without = [] }: Visit): string {
    const code = `code-${randomBytes(16).toString('hex')}`;
    const scopes = [...get('scope').split(' '), ...get('optional_scope').split(' ')];
    this.#codes.set(code, {
      account,
      redirectUri: get('redirect_uri'),
      challenge: get('code_challenge'),
      scope: scopes.filter((scope) => scope !== '' && !without.includes(scope)).join(' '),
    });
    this.secrets.push(code);
    return code;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { status, body, headers } = await this.#reply(request);
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(text);
  }

  async #reply(request: IncomingMessage): Promise<Reply> {
    if (request.url === '/me') {
      const account = this.#access.get(
        (request.headers.authorization ?? '').replace('Bearer ', ''),
      );
      return account === undefined
        ? { status: 401, body: { error: 'expired' } }
        : { status: 200, body: { account } };
    }
    if (request.url !== '/token' || request.method !== 'POST') return { status: 404, body: {} };
    const form = Object.fromEntries(await readForm(request));
    this.forms.push(form);
    const { next } = this;
    this.next = undefined;
    return next ?? this.#token(form);
  }

  #token(form: Record<string, string>): Reply {
    const { grant_type: kind = '', client_id, client_secret, ...fields } = form;
    const unknown = Object.keys(fields).filter((name) => !fieldsOf[kind]?.includes(name));
    if (unknown.length > 0) return refused('invalid_request');
    if (kind === 'urn:ietf:params:oauth:grant-type:jwt-bearer')
      return this.#grantTo(this.#verify(fields['assertion'] ?? '')?.['sub']);
    if (fields['client_assertion'] !== undefined)
      return this.#grantTo(this.#verify(fields['client_assertion'])?.['sub']);
    if (client_id !== this.clientId || client_secret !== this.clientSecret)
      return refused('invalid_client', 401);
    const grant = kind === 'refresh_token' ? this.#takeRefresh(fields) : this.#takeCode(fields);
    if (grant === undefined) return refused('invalid_grant');
    return this.#grant(grant, true);
  }

  #grantTo(account: unknown): Reply {
    if (typeof account !== 'string') return refused('invalid_grant');
    return this.#grant({ account, redirectUri: '', challenge: '', scope: '' }, false);
  }

  #takeRefresh({ refresh_token: token = '' }: Record<string, string>): Grant | undefined {
    const grant = this.#refresh.get(token);
    this.#refresh.delete(token);
    return grant;
  }

  #takeCode(fields: Record<string, string>): Grant | undefined {
    const { code = '', redirect_uri: redirectUri, code_verifier: verifier = '' } = fields;
    this.secrets.push(verifier);
    const grant = this.#codes.get(code);
    this.#codes.delete(code);
    const challenge = createHash('sha256').update(verifier).digest('base64url');
    return grant?.redirectUri === redirectUri && grant?.challenge === challenge ? grant : undefined;
  }

  #grant(grant: Grant, refreshes: boolean): Reply {
    const access = `access-${randomBytes(24).toString('base64url')}`;
    const refresh = `refresh-${randomBytes(24).toString('base64url')}`;
    this.#access.set(access, grant.account);
    if (refreshes) this.#refresh.set(refresh, grant);
    this.secrets.push(access, refresh);
    const answer = {
      access_token: access,
      token_type: 'Bearer',
      expires_in: 3_600,
      ...(refreshes && { refresh_token: refresh }),
      ...(grant.scope !== '' && { scope: grant.scope }),
      instance_url: this.url,
      org_id: grant.account,
      org_name: `The ${grant.account} company`,
    };
    return { status: 200, body: this.shape(answer) };
  }

  /** The claims of a JWT that one of the clients has signed for this server and this minute. */
  #verify(jwt: string): Record<string, unknown> | undefined {
    const [head = '', payload = '', signature = ''] = jwt.split('.');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as {
      iss: string;
      aud: string;
      exp: number;
    };
    const key = this.keys.get(claims.iss);
    const now = Date.now() / 1000;
    const isOurs = claims.aud === `${this.url}token` && claims.exp > now && claims.exp < now + 180;
    if (key === undefined || !isOurs) return undefined;
    const data = Buffer.from(`${head}.${payload}`);
    const bytes = Buffer.from(signature, 'base64url');
    const hash = key.asymmetricKeyType === 'ed25519' ? null : 'sha256';
    const shape = { key, dsaEncoding: 'ieee-p1363' as const };
    return verify(hash, data, shape, bytes) ? claims : undefined;
  }
}

const refused = (error: string, status = 400): Reply => ({
  status,
  body: { error, error_description: `sandbox: ${error}` },
});

async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return new URLSearchParams(text);
}
