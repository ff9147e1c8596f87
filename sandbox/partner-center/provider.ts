import type { SandboxClock } from '../kit/clock.ts';
import { TokenDesk, type TokenRules } from '../kit/oauth.ts';
import { DeviceDesk, type DeviceRules } from '../kit/device.ts';
import {
  ControlError,
  type Reply,
  type SandboxProvider,
  type SandboxRequest,
} from '../kit/provider.ts';
import { PartnerAccount, type PartnerSpec } from './account.ts';
import { failure, list } from './list.ts';
import { WebhookDesk } from './webhooks.ts';
import { patch, put, readOne } from './write.ts';

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
}

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
  const accounts = new Map<string, PartnerAccount>();
  const rebuild = () => specs.forEach((spec) => accounts.set(spec.name, new PartnerAccount(spec)));
  rebuild();
  const account = (name: string): PartnerAccount => {
    const found = accounts.get(name);
    if (!found)
      throw new ControlError(
        `no account '${name}'; there are: ${[...accounts.keys()].join(', ')}`,
        404,
      );
    return found;
  };
  let leaks = 0;

  const guarded =
    (handle: (partner: PartnerAccount, request: SandboxRequest, now: number) => Reply) =>
    (request: SandboxRequest): Reply => {
      const name = desk.accountOf(request.headers.authorization, RESOURCE);
      if (name === null)
        return failure(
          401,
          'unauthenticated',
          'The access token is missing, expired, not valid, or for something else.',
        );
      if (request.headers['client-request-id'] === undefined)
        return failure(400, 'invalidRequest', 'client-request-id is required.');
      return handle(account(name), request, clock.now());
    };

  const referrals = guarded((partner, request, now) =>
    list(partner.rows(now), request, {
      pageSize: partner.spec.pageSize ?? 100,
      trapUrl: `http://${request.headers.host}/partner-center/v1.0/referrals`,
    }),
  );

  function trap({ headers }: SandboxRequest): Reply {
    if (headers.authorization !== undefined) leaks += 1;
    return failure(404, 'itemNotFound', 'There is nothing here.');
  }

  return {
    key: 'partner-center',
    basePath: '/partner-center/',
    account,
    desk,
    devices,
    webhooks,
    leaks: () => leaks,
    routes: [
      {
        method: 'POST',
        pattern: ':tenant/oauth2/token',
        handle: (request) => devices.answer(request) ?? desk.answer(request),
      },
      {
        method: 'POST',
        pattern: ':tenant/oauth2/devicecode',
        handle: (request) =>
          devices.start(request, `http://${request.headers.host}/partner-center/device`),
      },
      { method: 'GET', pattern: 'device', handle: (request) => devices.page(request) },
      { method: 'GET', pattern: 'v1.0/engagements/referrals', handle: referrals },
      { method: 'GET', pattern: 'v1.0/referrals', handle: trap },
      { method: 'GET', pattern: 'v1.0/engagements/referrals/:id', handle: guarded(readOne) },
      { method: 'PATCH', pattern: 'v1.0/engagements/referrals/:id', handle: guarded(patch) },
      { method: 'PUT', pattern: 'v1.0/engagements/referrals/:id', handle: guarded(put) },
      ...webhooks.routes(({ headers }) => desk.accountOf(headers.authorization, WEBHOOK_RESOURCE)),
    ],
    identify: ({ headers, body }) =>
      desk.accountOf(headers.authorization) ?? desk.accountOfForm(body),
    control: {
      accounts: () => specs.map(({ name, label }) => ({ name, label })),
      truth: (name) => ({ referrals: account(name).rows(clock.now()) }),
      mutate: (name, body) => account(name).mutate(body, clock.now()),
      poison: (name, body) => account(name).poison(body, clock.now()),
      rebuild,
    },
  };
}
