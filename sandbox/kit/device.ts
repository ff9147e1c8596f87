import { randomBytes } from 'node:crypto';
import type { SandboxClock } from './clock.ts';
import type { TokenDesk } from './oauth.ts';
import { json, type Reply, type SandboxRequest } from './provider.ts';

interface Pending {
  account: string;
  userCode: string;
  resource: string | null;
  until: number;
  polledAt: number;
  state: 'pending' | 'approved' | 'declined' | 'used';
}

export interface DeviceRules {
  /** Seconds between two polls. Default 5; who comes sooner is told to slow down. */
  interval?: number;
  /** Seconds until a code is worth nothing. Default 900. */
  life?: number;
}

/**
 * Consent by a code (RFC 8628) in the dialect of Microsoft's first endpoint: the code goes by the
 * name `code`, numbers are text.
 */
export class DeviceDesk {
  readonly #clock: SandboxClock;
  readonly #desk: TokenDesk;
  readonly #rules: Required<DeviceRules>;
  readonly #pending = new Map<string, Pending>();

  constructor(clock: SandboxClock, desk: TokenDesk, rules: DeviceRules = {}) {
    this.#clock = clock;
    this.#desk = desk;
    this.#rules = { interval: 5, life: 900, ...rules };
  }

  /** Hands out a code for an application. */
  start({ body, headers }: SandboxRequest, pageUrl: string): Reply {
    const form = new URLSearchParams(body);
    const account = this.#desk.findAccountByForm(body);
    if (
      account === null ||
      !String(headers['content-type']).startsWith('application/x-www-form-urlencoded')
    )
      return refusal('invalid_client');
    const deviceCode = `device-code-${randomBytes(24).toString('base64url')}`;
    const userCode = randomBytes(5).toString('hex').toUpperCase().slice(0, 9);
    this.#pending.set(deviceCode, {
      account,
      userCode,
      resource: form.get('resource'),
      until: this.#clock.now() + this.#rules.life * 1000,
      polledAt: Number.NEGATIVE_INFINITY,
      state: 'pending',
    });
    return json({
      user_code: userCode,
      device_code: deviceCode,
      verification_url: pageUrl,
      expires_in: String(this.#rules.life),
      interval: String(this.#rules.interval),
      message:
        `To sign in, use a web browser to open the page ${pageUrl} and ` +
        `enter the code ${userCode} to authenticate.`,
    });
  }

  /** The token endpoint for this grant; undefined when the request is for another one. */
  respond(request: SandboxRequest): Reply | undefined {
    const form = new URLSearchParams(request.body);
    if (
      !['device_code', 'urn:ietf:params:oauth:grant-type:device_code'].includes(
        form.get('grant_type') ?? '',
      )
    )
      return undefined;
    const pending = this.#pending.get(form.get('code') ?? form.get('device_code') ?? '');
    const now = this.#clock.now();
    if (pending === undefined || pending.state === 'used') return refusal('invalid_grant');
    // An application with a secret has to show it with this grant as well (AADSTS7000218).
    if (!this.#desk.provesClient(request.body, pending.account)) return refusal('invalid_client');
    if (pending.state === 'declined') return refusal('authorization_declined');
    if (now >= pending.until) return refusal('code_expired');
    const tooSoon = now - pending.polledAt < this.#rules.interval * 1000;
    pending.polledAt = now;
    if (tooSoon) return refusal('slow_down');
    if (pending.state === 'pending') return refusal('authorization_pending');
    pending.state = 'used';
    return this.#desk.grantConsent(pending.account, pending.resource);
  }

  /** What a person does in the provider's pages. @returns whether there was such a code */
  decide(userCode: string, state: 'approved' | 'declined'): boolean {
    const found = [...this.#pending.values()].find(
      (pending) => pending.userCode === userCode && pending.state === 'pending',
    );
    if (found !== undefined) found.state = state;
    return found !== undefined;
  }

  /** The page that a person opens: a form, and the decision when it was sent. */
  page({ query }: SandboxRequest): Reply {
    const code = query.get('code')?.trim().toUpperCase();
    const text =
      code === undefined
        ? '<form><label>Code <input name="code"></label> <button>Continue</button></form>'
        : this.decide(code, 'approved')
          ? '<p>You have signed in. You may close this window.</p>'
          : '<p>That code did not work.</p>';
    return {
      status: 200,
      headers: { 'content-type': 'text/html; charset=utf-8' },
      body: `<!doctype html><title>Sandbox sign-in</title><h1>Sandbox sign-in</h1>${text}`,
    };
  }
}

function refusal(error: string): Reply {
  return json({ error, error_description: `sandbox: ${error}` }, 400);
}
