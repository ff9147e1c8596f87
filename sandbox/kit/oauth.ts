import { createHmac, randomBytes } from 'node:crypto';
import type { SandboxClock } from './clock.ts';
import { ControlError, json, type Reply, type SandboxRequest } from './provider.ts';

/** An application that may ask for tokens of one account. */
export interface TokenClient {
  account: string;
  clientId: string;
  /** Absent: a public client, which proves nothing. */
  clientSecret?: string;
  /** What a person got when consenting; absent: the client has only its own credentials. */
  refreshToken?: string;
}

export interface TokenRules {
  /** How long an access token opens anything. Default 3,600. */
  accessSeconds?: number;
  /** Each refresh token is good once and comes with its successor. Default true. */
  rotates?: boolean;
  /** Numbers are sent as text, as Microsoft's first token endpoint does. */
  textNumbers?: boolean;
}

interface Seat extends TokenClient {
  /** The first refresh token of the family that lives now. */
  root: string;
  /** How often it was rotated. */
  serial: number;
  dead: boolean;
}

/**
 * A token endpoint for any imitated provider: client credentials, and refresh tokens that are
 * rotated, good once, and whose reuse kills the whole family. Refresh tokens carry their serial, so
 * that a sandbox that starts anew still takes those that it gave out before.
 */
export class TokenDesk {
  readonly #clock: SandboxClock;
  readonly #rules: Required<TokenRules>;
  readonly #seats = new Map<string, Seat>();
  #access = new Map<string, { account: string; until: number; resource: string | null }>();

  constructor(clock: SandboxClock, clients: readonly TokenClient[], rules: TokenRules = {}) {
    this.#clock = clock;
    this.#rules = { accessSeconds: 3_600, rotates: true, textNumbers: false, ...rules };
    for (const client of clients)
      this.#seats.set(client.account, {
        ...client,
        root: client.refreshToken ?? '',
        serial: 0,
        dead: false,
      });
  }

  /** The token endpoint: form in, token or refusal (RFC 6749, 5) out. */
  respond({ body, headers }: Pick<SandboxRequest, 'body' | 'headers'>): Reply {
    if (!String(headers['content-type']).startsWith('application/x-www-form-urlencoded'))
      return refusal('invalid_request');
    const form = new URLSearchParams(body);
    const seat = this.#findSeat(form.get('client_id'));
    if (seat === undefined || !isClient(seat, form)) return refusal('invalid_client', 401);
    switch (form.get('grant_type')) {
      case 'client_credentials':
        return seat.clientSecret === undefined
          ? refusal('unauthorized_client')
          : this.#grant(seat, undefined, form.get('resource'));
      case 'refresh_token':
        return this.#refresh(seat, form.get('refresh_token') ?? '', form.get('resource'));
      default:
        return refusal('unsupported_grant_type');
    }
  }

  /** Whether a token request names the application of an account, and proves it with its secret. */
  provesClient(body: string, account: string): boolean {
    const form = new URLSearchParams(body);
    const seat = this.#findSeat(form.get('client_id'));
    return seat?.account === account && isClient(seat, form);
  }

  /** The account that a token request is for, for counters and faults. */
  findAccountByForm(body: string): string | null {
    return this.#findSeat(new URLSearchParams(body).get('client_id'))?.account ?? null;
  }

  /**
   * The account that an `Authorization` header opens; null when its token is unknown, expired,
   * dead, or for something else than `resource`.
   */
  findAccount(authorization: string | undefined, resource?: string): string | null {
    const found = this.#access.get(/^Bearer (\S+)$/.exec(authorization ?? '')?.[1] ?? '');
    const isFor = resource === undefined || found?.resource === resource;
    return found !== undefined && isFor && this.#clock.now() < found.until ? found.account : null;
  }

  /** The refresh token that is good now. */
  refreshToken(account: string): string {
    const seat = this.#requireSeat(account);
    return buildToken(seat.root, seat.serial);
  }

  /** Makes every access token of the account bad at once. */
  expire(account: string): void {
    this.#access = new Map([...this.#access].filter(([, access]) => access.account !== account));
  }

  /** Withdraws the consent: nothing of the family is good any more. */
  revoke(account: string): void {
    this.#requireSeat(account).dead = true;
    this.expire(account);
  }

  /** A person consents once more. @returns the first refresh token of a new family */
  consent(account: string): string {
    const seat = this.#requireSeat(account);
    return Object.assign(seat, {
      root: `rt-${randomBytes(18).toString('base64url')}`,
      serial: 0,
      dead: false,
    }).root;
  }

  /** As `consent`, answered as the token endpoint does. */
  grantConsent(account: string, resource: string | null): Reply {
    const root = this.consent(account);
    return this.#grant(this.#requireSeat(account), root, resource);
  }

  #refresh(seat: Seat, given: string, resource: string | null): Reply {
    const serial = parseSerial(seat.root, given);
    if (seat.dead || serial === undefined) return refusal('invalid_grant');
    if (serial < seat.serial) {
      this.revoke(seat.account);
      return refusal('invalid_grant');
    }
    if (!this.#rules.rotates) return this.#grant(seat, undefined, resource);
    seat.serial = serial + 1;
    return this.#grant(seat, buildToken(seat.root, seat.serial), resource);
  }

  #grant({ account }: Seat, refreshToken: string | undefined, resource: string | null): Reply {
    const { accessSeconds, textNumbers } = this.#rules;
    const token = `access-${randomBytes(24).toString('base64url')}`;
    this.#access.set(token, { account, until: this.#clock.now() + accessSeconds * 1000, resource });
    const reply = json({
      token_type: 'Bearer',
      expires_in: textNumbers ? String(accessSeconds) : accessSeconds,
      access_token: token,
      ...(refreshToken !== undefined && { refresh_token: refreshToken }),
    });
    return { ...reply, headers: { ...reply.headers, 'cache-control': 'no-store' } };
  }

  #findSeat(clientId: string | null): Seat | undefined {
    return [...this.#seats.values()].find((seat) => seat.clientId === clientId);
  }

  #requireSeat(account: string): Seat {
    const seat = this.#seats.get(account);
    if (seat === undefined)
      throw new ControlError(
        `no account '${account}'; there are: ${[...this.#seats.keys()].join(', ')}`,
        404,
      );
    return seat;
  }
}

function buildToken(root: string, serial: number): string {
  return serial === 0
    ? root
    : `rt~${serial}~${createHmac('sha256', root).update(String(serial)).digest('base64url')}`;
}

/** How often a token was rotated; undefined when it is not of this family. */
function parseSerial(root: string, given: string): number | undefined {
  const serial = given === root ? 0 : Number(given.split('~').at(-2));
  return Number.isSafeInteger(serial) && root !== '' && buildToken(root, serial) === given
    ? serial
    : undefined;
}

function isClient(seat: Seat, form: URLSearchParams): boolean {
  return seat.clientSecret === undefined || seat.clientSecret === form.get('client_secret');
}

function refusal(error: string, status = 400): Reply {
  return json({ error, error_description: `sandbox: ${error}` }, status);
}
