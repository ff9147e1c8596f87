import { createHash, randomBytes } from 'node:crypto';
import type { TokenDesk } from '../kit/oauth.ts';
import { json, type Reply, type SandboxRequest } from '../kit/provider.ts';
import type { SalesforceSpec } from './spec.ts';

interface Code {
  account: string;
  redirectUri: string;
  challenge: string;
}

const SCOPES = ['api', 'refresh_token', 'offline_access', 'web', 'openid', 'id'];

/**
 * The web server flow with PKCE. Nobody sits at the pages: whoever opens the address of the sign-in
 * agrees at once. Codes are good once.
 */
export class SignIns {
  readonly #specs: readonly SalesforceSpec[];
  readonly #desk: TokenDesk;
  readonly #codes = new Map<string, Code>();

  constructor(specs: readonly SalesforceSpec[], desk: TokenDesk) {
    this.#specs = specs;
    this.#desk = desk;
  }

  /** GET services/oauth2/authorize. */
  authorize({ query }: SandboxRequest): Reply {
    const spec = this.#specs.find(({ clientId }) => clientId === query.get('client_id'));
    const redirectUri = query.get('redirect_uri') ?? '';
    if (spec === undefined || !URL.canParse(redirectUri))
      return json(
        { error: 'invalid_client_id', error_description: 'client identifier invalid' },
        400,
      );
    const challenge = query.get('code_challenge') ?? '';
    const back = new URL(redirectUri);
    back.searchParams.set('state', query.get('state') ?? '');
    const scopes = (query.get('scope') ?? '').split(' ').filter((scope) => scope !== '');
    const isAllowed =
      query.get('response_type') === 'code' &&
      query.get('code_challenge_method') === 'S256' &&
      /^[\w-]{43}$/.test(challenge) &&
      scopes.every((scope) => SCOPES.includes(scope));
    if (isAllowed)
      back.searchParams.set('code', this.#issue({ account: spec.name, redirectUri, challenge }));
    else back.searchParams.set('error', 'invalid_request');
    return { status: 302, headers: { location: back.href }, body: '' };
  }

  /** The tokens for a code; a refusal unless everything is as it was when the code was given. */
  exchange(form: URLSearchParams): Reply {
    const code = this.#codes.get(form.get('code') ?? '');
    this.#codes.delete(form.get('code') ?? '');
    const verifier = createHash('sha256').update(form.get('code_verifier') ?? '');
    const isRight =
      code !== undefined &&
      this.#desk.provesClient(form.toString(), code.account) &&
      code.redirectUri === form.get('redirect_uri') &&
      code.challenge === verifier.digest('base64url');
    return isRight
      ? this.#desk.grantConsent(code.account, null)
      : json({ error: 'invalid_grant', error_description: 'invalid authorization code' }, 400);
  }

  #issue(code: Code): string {
    const text = `aPrx${randomBytes(24).toString('base64url')}`;
    this.#codes.set(text, code);
    return text;
  }
}
