import type { SandboxClock } from '../kit/clock.ts';
import { TokenDesk, type TokenRules } from '../kit/oauth.ts';
import { ControlError, type Reply, type SandboxProvider, type SandboxRequest } from '../kit/provider.ts';
import { PartnerAccount, type PartnerSpec } from './account.ts';
import { failure, list } from './list.ts';

export interface PartnerCenterSandbox extends SandboxProvider {
  account(name: string): PartnerAccount;
  desk: TokenDesk;
  /** How often an access token was sent to the address that next links name. */
  leaks(): number;
}

/**
 * Microsoft Partner Center below `/partner-center/`: the token endpoint of a directory, the list of referrals, and the
 * address that its next links name, where nothing is and where no token belongs.
 */
export function partnerCenter(specs: readonly PartnerSpec[], clock: SandboxClock, rules: TokenRules = {}): PartnerCenterSandbox {
  const clients = specs.map(({ name, clientId, clientSecret, refreshToken }) => ({ account: name, clientId, clientSecret, refreshToken }));
  const desk = new TokenDesk(clock, clients, { textNumbers: true, ...rules });
  const accounts = new Map<string, PartnerAccount>();
  const rebuild = () => specs.forEach((spec) => accounts.set(spec.name, new PartnerAccount(spec)));
  rebuild();
  const account = (name: string): PartnerAccount => {
    const found = accounts.get(name);
    if (!found) throw new ControlError(`no account '${name}'; there are: ${[...accounts.keys()].join(', ')}`, 404);
    return found;
  };
  let leaks = 0;

  function referrals(request: SandboxRequest): Reply {
    const name = desk.accountOf(request.headers.authorization);
    if (name === null) return failure(401, 'unauthenticated', 'The access token is missing, expired or not valid.');
    if (request.headers['client-request-id'] === undefined) return failure(400, 'invalidRequest', 'client-request-id is required.');
    const partner = account(name);
    return list(partner.rows(clock.now()), request, { pageSize: partner.spec.pageSize ?? 100, trapUrl: `http://${request.headers.host}/partner-center/v1.0/referrals` });
  }

  function trap({ headers }: SandboxRequest): Reply {
    if (headers.authorization !== undefined) leaks += 1;
    return failure(404, 'itemNotFound', 'There is nothing here.');
  }

  return {
    key: 'partner-center', basePath: '/partner-center/', account, desk, leaks: () => leaks,
    routes: [
      { method: 'POST', pattern: ':tenant/oauth2/token', handle: (request) => desk.answer(request) },
      { method: 'GET', pattern: 'v1.0/engagements/referrals', handle: referrals },
      { method: 'GET', pattern: 'v1.0/referrals', handle: trap },
    ],
    identify: ({ headers, body }) => desk.accountOf(headers.authorization) ?? desk.accountOfForm(body),
    control: {
      accounts: () => specs.map(({ name, label }) => ({ name, label })),
      truth: (name) => ({ referrals: account(name).rows(clock.now()) }),
      mutate: (name, body) => account(name).mutate(body, clock.now()),
      poison: (name, body) => account(name).poison(body, clock.now()),
      rebuild,
    },
  };
}
