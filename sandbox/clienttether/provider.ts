import type { SandboxClock } from '../kit/clock.ts';
import {
  ControlError,
  htmlError,
  json,
  type Reply,
  type Route,
  type SandboxProvider,
  type SandboxRequest,
} from '../kit/provider.ts';
import { ClientTetherAccount, type AccountSpec } from './account.ts';
import { Envelope } from './envelope.ts';
import { mutate } from './mutate.ts';
import { poison } from './poison.ts';
import { READS, type Handler } from './read.ts';
import { KINDS, type Kind } from './rows.ts';
import { DELETES, writes } from './write.ts';

/**
 * The gateway's response to a call without both headers; the vendor does not say whether it is 401
 * or 403.
 */
export const MISSING_HEADER_STATUS: 401 | 403 = 401;

export interface ClientTetherSandbox extends SandboxProvider {
  /** The account as it is now, for tests in the same process. */
  account(name: string): ClientTetherAccount;
}

interface Seat {
  spec: AccountSpec;
  account: ClientTetherAccount;
  envelope: Envelope;
  window: { startedAt: number; requests: number };
}

/** ClientTether's API 2.0 below `/v2/api/`. */
export function clientTether(
  specs: readonly AccountSpec[],
  clock: SandboxClock,
): ClientTetherSandbox {
  return new Sandbox(specs, clock);
}

class Sandbox implements ClientTetherSandbox {
  readonly key = 'clienttether';
  readonly basePath = '/v2/api/';
  readonly routes: Route[];
  readonly control: SandboxProvider['control'];
  readonly #clock: SandboxClock;
  readonly #byKey = new Map<string, Seat>();
  readonly #byName = new Map<string, Seat>();

  constructor(specs: readonly AccountSpec[], clock: SandboxClock) {
    this.#clock = clock;
    for (const spec of specs) this.#addSeat(spec);
    this.routes = [
      ...this.#buildRoutes('GET', READS),
      ...this.#buildRoutes('POST', writes(clock)),
      ...this.#buildRoutes('DELETE', DELETES),
    ];
    this.control = {
      accounts: () =>
        [...this.#byName.values()].map(({ account }) => ({
          name: account.identity.name,
          label: account.identity.label,
        })),
      truth: (name, kind) => this.account(name).truth(parseKinds(kind)),
      mutate: (name, body) => mutate(this.account(name), body, clock.now()),
      poison: (name, body) => poison(this.account(name), body, clock.now()),
      rebuild: () => specs.forEach((spec) => this.#addSeat(spec)),
    };
  }

  account(name: string): ClientTetherAccount {
    const seat = this.#byName.get(name);
    if (!seat)
      throw new ControlError(
        `no account '${name}'; there are: ${[...this.#byName.keys()].join(', ')}`,
        404,
      );
    seat.account.advance(this.#clock.now());
    return seat.account;
  }

  identify({ headers }: Pick<SandboxRequest, 'headers'>): string | null {
    return this.#findSeat(headers['x-web-key'])?.spec.name ?? null;
  }

  /**
   * "It will fail at the server level and not even reach our API": the gateway knows headers, not
   * keys.
   */
  guard({ headers }: SandboxRequest): Reply | null {
    if (headers['x-access-token'] && headers['x-web-key']) return null;
    return htmlError(
      MISSING_HEADER_STATUS,
      MISSING_HEADER_STATUS === 401 ? 'Authorization Required' : 'Forbidden',
    );
  }

  #buildRoutes(method: string, handlers: Record<string, Handler>): Route[] {
    return Object.entries(handlers).map(([pattern, handler]) => ({
      method,
      pattern,
      handle: (request) => this.#respond(handler, request),
    }));
  }

  /**
   * The access token opens every account of its agency; the web key alone decides which one is
   * read.
   */
  #respond(handler: Handler, request: SandboxRequest): Reply {
    const seat = this.#findSeat(request.headers['x-web-key']);
    if (!seat) return this.#strangers.failure('401', 'Invalid X-Web-Key');
    const { account, envelope } = seat;
    if (request.headers['x-access-token'] !== account.identity.accessToken)
      return envelope.failure('401', 'Invalid X-Access-Token');
    const limited = this.#overLimit(seat);
    if (limited) return limited;
    account.advance(this.#clock.now());
    return handler({ account, envelope, request });
  }

  readonly #strangers = new Envelope();

  #overLimit({ account, window }: Seat): Reply | null {
    const limit = account.identity.rateLimit;
    if (!limit) return null;
    const now = this.#clock.now();
    if (now - window.startedAt >= limit.windowMs)
      Object.assign(window, { startedAt: now, requests: 0 });
    if (++window.requests <= limit.requests) return null;
    const seconds = Math.max(1, Math.ceil((window.startedAt + limit.windowMs - now) / 1000));
    return {
      ...json({ message: 'Too Many Requests' }, 429),
      headers: { 'content-type': 'application/json', 'retry-after': String(seconds) },
    };
  }

  #findSeat(webKey: string | string[] | undefined): Seat | undefined {
    return typeof webKey === 'string' ? this.#byKey.get(webKey) : undefined;
  }

  #addSeat(spec: AccountSpec): void {
    const seat = {
      spec,
      account: new ClientTetherAccount(spec),
      envelope: new Envelope(),
      window: { startedAt: 0, requests: 0 },
    };
    this.#byKey.set(spec.webKey, seat);
    this.#byName.set(spec.name, seat);
  }
}

function parseKinds(kind: string | undefined): readonly Kind[] {
  if (kind === undefined) return KINDS;
  const known = KINDS.find((one) => one === kind);
  if (!known) throw new ControlError(`no kind '${kind}'; there are: ${KINDS.join(', ')}`, 404);
  return [known];
}
