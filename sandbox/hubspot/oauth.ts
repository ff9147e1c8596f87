import { createHash, randomBytes } from 'node:crypto';
import type { SandboxClock } from '../kit/clock.ts';
import { json, type Reply, type SandboxRequest } from '../kit/provider.ts';
import type { HubSpotSpec, Scope } from './spec.ts';

const CODE_SECONDS = 600;
const ACCESS_SECONDS = 1_800;

interface Grant {
  account: string;
  scopes: string[];
}
interface Code extends Grant {
  redirectUri: string;
  challenge: string | null;
  until: number;
}

const KNOWN_FIELDS = new Set([
  'grant_type',
  'client_id',
  'client_secret',
  'code',
  'redirect_uri',
  'refresh_token',
  'code_verifier',
  'scope',
]);

/** Sign-in with a public app: its consent page and its token endpoint, in HubSpot's own words. */
export class SignInDesk {
  readonly #clock: SandboxClock;
  readonly #specs: readonly HubSpotSpec[];
  readonly #codes = new Map<string, Code>();
  #access = new Map<string, Grant & { until: number }>();
  readonly #refresh = new Map<string, Grant>();

  constructor(clock: SandboxClock, specs: readonly HubSpotSpec[]) {
    this.#clock = clock;
    this.#specs = specs;
  }

  /** The consent page: a person with `consent` in the address has pressed its button. */
  authorize({ query }: SandboxRequest): Reply {
    const spec = this.#specs.find(({ app }) => app?.clientId === query.get('client_id'));
    const scopes = readScopes(query.get('scope'));
    const redirectUri = query.get('redirect_uri') ?? '';
    if (spec === undefined) return page(400, 'There is no such app.');
    if (!URL.canParse(redirectUri)) return page(400, 'The redirect URL does not match.');
    if (!scopes.includes('oauth')) return page(400, 'The scope oauth is missing.');
    const refused = scopes.find((scope) => isDenied(spec, scope));
    if (refused !== undefined) return page(400, `This account cannot grant ${refused}.`);
    const optional = readScopes(query.get('optional_scope'));
    if (!query.has('consent'))
      return page(200, '<form><button name="consent">Connect</button></form>');
    const code = randomBytes(18).toString('base64url');
    this.#codes.set(code, {
      account: spec.name,
      scopes: [...scopes, ...optional.filter((scope) => !isDenied(spec, scope))],
      redirectUri,
      challenge: query.get('code_challenge'),
      until: this.#clock.now() + CODE_SECONDS * 1_000,
    });
    const back = new URL(redirectUri);
    back.searchParams.set('code', code);
    back.searchParams.set('state', query.get('state') ?? '');
    return { status: 302, headers: { location: back.href }, body: '' };
  }

  /** The token endpoint: secrets belong into its form, and never into its address. */
  respond({ body, headers, query }: SandboxRequest): Reply {
    const form = new URLSearchParams(body);
    const isForm = String(headers['content-type']).startsWith('application/x-www-form-urlencoded');
    if (!isForm || query.size > 0 || [...form.keys()].some((name) => !KNOWN_FIELDS.has(name)))
      return refusal('BAD_REQUEST', 'The request is not one that this endpoint takes.');
    const spec = this.#specs.find(({ app }) => app?.clientId === form.get('client_id'));
    if (spec?.app === undefined) return refusal('BAD_CLIENT_ID', 'missing or unknown client id');
    if (form.get('client_secret') !== spec.app.clientSecret)
      return refusal('BAD_CLIENT_SECRET', 'missing or invalid client secret');
    switch (form.get('grant_type')) {
      case 'authorization_code':
        return this.#exchange(spec, form);
      case 'refresh_token':
        return this.#renew(spec, form.get('refresh_token') ?? '');
      default:
        return refusal('BAD_GRANT_TYPE', 'missing or unknown grant type');
    }
  }

  /** The account that an access token opens; null when it opens none any more. */
  findAccount(authorization: string | undefined): string | null {
    const found = this.#access.get(/^Bearer (\S+)$/.exec(authorization ?? '')?.[1] ?? '');
    return found !== undefined && this.#clock.now() < found.until ? found.account : null;
  }

  /** Makes every access token of the account bad at once. */
  expire(account: string): void {
    this.#access = new Map([...this.#access].filter(([, grant]) => grant.account !== account));
  }

  /** The app is uninstalled: nothing that it was given is good any more. */
  uninstall(account: string): void {
    this.expire(account);
    for (const [token, grant] of this.#refresh)
      if (grant.account === account) this.#refresh.delete(token);
  }

  #exchange(spec: HubSpotSpec, form: URLSearchParams): Reply {
    const code = form.get('code') ?? '';
    const found = this.#codes.get(code);
    this.#codes.delete(code);
    if (found === undefined || found.account !== spec.name || this.#clock.now() >= found.until)
      return refusal('BAD_AUTH_CODE', 'missing or unknown auth code');
    if (form.get('redirect_uri') !== found.redirectUri)
      return refusal('BAD_REDIRECT_URI', 'the redirect uri does not match');
    const verifier = form.get('code_verifier') ?? '';
    if (found.challenge !== null && digest(verifier) !== found.challenge)
      return refusal('BAD_AUTH_CODE', 'the code verifier does not match');
    return this.#grant(spec, found, `refresh-${randomBytes(18).toString('base64url')}`);
  }

  #renew(spec: HubSpotSpec, token: string): Reply {
    const found = this.#refresh.get(token);
    if (found?.account !== spec.name)
      return refusal('BAD_REFRESH_TOKEN', 'missing or unknown refresh token');
    if (spec.rotates !== true) return this.#grant(spec, found, token);
    this.#refresh.delete(token);
    return this.#grant(spec, found, `refresh-${randomBytes(18).toString('base64url')}`);
  }

  #grant(spec: HubSpotSpec, { account, scopes }: Grant, refreshToken: string): Reply {
    const token = `access-${randomBytes(24).toString('base64url')}`;
    this.#access.set(token, {
      account,
      scopes,
      until: this.#clock.now() + ACCESS_SECONDS * 1_000,
    });
    this.#refresh.set(refreshToken, { account, scopes });
    return json({
      token_type: 'bearer',
      token_use: 'access_token',
      access_token: token,
      refresh_token: refreshToken,
      expires_in: ACCESS_SECONDS,
      hub_id: spec.portalId,
      user_id: 5_171,
      scopes,
    });
  }
}

const isDenied = ({ denied = [] }: HubSpotSpec, scope: string): boolean =>
  denied.includes(scope as Scope);

const readScopes = (text: string | null): string[] =>
  (text ?? '').split(' ').filter((scope) => scope !== '');

const digest = (verifier: string): string =>
  createHash('sha256').update(verifier).digest('base64url');

/** Not in the form of RFC 6749. */
const refusal = (status: string, message: string): Reply =>
  json({ status, message, correlationId: randomBytes(8).toString('hex') }, 400);

function page(status: number, content: string): Reply {
  return {
    status,
    headers: { 'content-type': 'text/html; charset=utf-8' },
    body: `<!doctype html><title>HubSpot sandbox</title>${content}`,
  };
}
