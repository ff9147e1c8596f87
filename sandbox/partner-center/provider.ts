import { Accounts } from '../kit/accounts.ts';
import type { SandboxClock } from '../kit/clock.ts';
import { TokenDesk, type TokenRules } from '../kit/oauth.ts';
import { DeviceDesk, type DeviceRules } from '../kit/device.ts';
import type { Reply, Route, SandboxProvider, SandboxRequest } from '../kit/provider.ts';
import { PartnerAccount, type PartnerSpec } from './account.ts';
import { failure, list } from './list.ts';
import { WebhookDesk } from './webhooks.ts';
import { patch, patchWithoutVersion, put, readOne } from './write.ts';

/** What a token has to be for. */
const RESOURCE = 'https://api.partner.microsoft.com';
const WEBHOOK_RESOURCE = 'https://api.partnercenter.microsoft.com';

export interface PartnerCenterSandbox extends SandboxProvider {
  account(name: string): PartnerAccount;
  desk: TokenDesk;
  devices: DeviceDesk;
  webhooks: WebhookDesk;
  /** How often an access token was sent to the address that next links name. */
  leaks(): number;
  /** Answers 412 to every change under a version, as PUT is known to, or no longer. */
  refuseVersions(refuses: boolean): void;
}

type Handler = (partner: PartnerAccount, request: SandboxRequest, now: number) => Reply;

/**
 * Microsoft Partner Center below `/partner-center/`: the token endpoint of a directory, the list of
 * referrals, and the address that its next links name, where nothing is and where no token belongs.
 */
export function partnerCenter(
  specs: readonly PartnerSpec[],
  clock: SandboxClock,
  rules: TokenRules & { device?: DeviceRules } = {},
): PartnerCenterSandbox {
  const clients = specs.map(({ name, clientId, clientSecret, refreshToken }) => ({
    account: name,
    clientId,
    clientSecret,
    refreshToken,
  }));
  const desk = new TokenDesk(clock, clients, { textNumbers: true, ...rules });
  const devices = new DeviceDesk(clock, desk, rules.device);
  const webhooks = new WebhookDesk(clock);
  const accounts = new Accounts(specs, (spec) => new PartnerAccount(spec));
  const account = (name: string) => accounts.get(name);
  const trap = new Trap();
  const versions = { refused: false };
  return {
    key: 'partner-center',
    basePath: '/partner-center/',
    account,
    desk,
    devices,
    webhooks,
    leaks: () => trap.leaks,
    refuseVersions: (refuses) => void (versions.refused = refuses),
    routes: [
      ...tokenRoutes(desk, devices),
      ...referralRoutes((handler) => guarded(handler, { desk, account, clock }), versions),
      { method: 'GET', pattern: 'v1.0/referrals', handle: (request) => trap.spring(request) },
      ...webhooks.routes(({ headers }) =>
        desk.findAccount(headers.authorization, WEBHOOK_RESOURCE),
      ),
    ],
    identify: ({ headers, body }) =>
      desk.findAccount(headers.authorization) ?? desk.findAccountByForm(body),
    control: {
      accounts: () => accounts.list(),
      truth: (name) => ({ referrals: account(name).rows(clock.now()) }),
      mutate: (name, body) => account(name).mutate(body, clock.now()),
      poison: (name, body) => account(name).poison(body, clock.now()),
      rebuild: () => accounts.rebuild(),
    },
  };
}

/** The address that next links name. It is no part of the API and counts the tokens it is sent. */
class Trap {
  leaks = 0;

  spring({ headers }: SandboxRequest): Reply {
    if (headers.authorization !== undefined) this.leaks += 1;
    return failure(404, 'itemNotFound', 'There is nothing here.');
  }
}

function tokenRoutes(desk: TokenDesk, devices: DeviceDesk): Route[] {
  return [
    {
      method: 'POST',
      pattern: ':tenant/oauth2/token',
      handle: (request) => devices.respond(request) ?? desk.respond(request),
    },
    {
      method: 'POST',
      pattern: ':tenant/oauth2/devicecode',
      handle: (request) =>
        devices.start(request, `http://${request.headers.host}/partner-center/device`),
    },
    { method: 'GET', pattern: 'device', handle: (request) => devices.page(request) },
  ];
}

function referralRoutes(
  guard: (handler: Handler) => Route['handle'],
  versions: { refused: boolean },
): Route[] {
  const base = 'v1.0/engagements/referrals';
  return [
    { method: 'GET', pattern: base, handle: guard(readList) },
    { method: 'GET', pattern: `${base}/:id`, handle: guard(readOne) },
    {
      method: 'PATCH',
      pattern: `${base}/:id`,
      handle: guard((...given) =>
        versions.refused ? patchWithoutVersion(...given) : patch(...given),
      ),
    },
    { method: 'PUT', pattern: `${base}/:id`, handle: guard(put) },
  ];
}

const readList: Handler = (partner, request, now) =>
  list(partner.rows(now), request, {
    pageSize: partner.spec.pageSize ?? 100,
    quirks: partner.spec.quirks ?? {},
    trapUrl: `http://${request.headers.host}/partner-center/v1.0/referrals`,
  });

/** Lets a request through that has a token for the API and says which request it is. */
function guarded(
  handler: Handler,
  {
    desk,
    account,
    clock,
  }: { desk: TokenDesk; account: (name: string) => PartnerAccount; clock: SandboxClock },
): Route['handle'] {
  return (request) => {
    const name = desk.findAccount(request.headers.authorization, RESOURCE);
    if (name === null)
      return failure(
        401,
        'unauthenticated',
        'The access token is missing, expired, not valid, or for something else.',
      );
    if (request.headers['client-request-id'] === undefined)
      return failure(400, 'invalidRequest', 'client-request-id is required.');
    if (!/^application\/json\b/.test(request.headers['content-type'] ?? ''))
      return failure(415, 'invalidRequest', 'content-type is required.');
    return handler(account(name), request, clock.now());
  };
}
