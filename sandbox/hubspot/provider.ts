import { Accounts } from '../kit/accounts.ts';
import type { SandboxClock } from '../kit/clock.ts';
import type {
  ProviderControl,
  Reply,
  Route,
  SandboxProvider,
  SandboxRequest,
} from '../kit/provider.ts';
import { HubSpotAccount } from './account.ts';
import { readBatch, readLinks } from './batch.ts';
import { create } from './create.ts';
import { mutate, poison, truth, type HubSpotChange, type WireRow } from './control.ts';
import { Refusal, unauthenticated } from './errors.ts';
import { list } from './list.ts';
import { details, owners, pipelines, properties, schemas } from './lookups.ts';
import { findObjects } from './search.ts';
import { SignInDesk } from './oauth.ts';
import type { HubSpotSpec } from './spec.ts';
import { HubSpotWebhooks } from './webhooks.ts';
import { archive, read, update, upsert } from './write.ts';

export interface HubSpotSandbox extends SandboxProvider {
  account(name: string): HubSpotAccount;
  desk: SignInDesk;
  webhooks: HubSpotWebhooks;
  control: Pick<ProviderControl, 'accounts' | 'rebuild'> & {
    truth(account: string, kind?: string): Record<string, WireRow[]>;
    mutate(account: string, body: { changes: HubSpotChange[] }): { ids: string[] };
    poison(account: string, body: unknown): { ids: string[] };
  };
}

type Handler = (account: HubSpotAccount, request: SandboxRequest) => Reply;

const ROUTES: readonly (readonly [method: string, pattern: string, handler: Handler])[] = [
  ['GET', 'account-info/v3/details', details],
  ['GET', 'crm/v3/owners', owners],
  ['GET', 'crm/v3/pipelines/:type', pipelines],
  ['GET', 'crm/v3/properties/:type', properties],
  ['GET', 'crm/v3/schemas', schemas],
  ['GET', 'crm/v3/objects/:type', list],
  ['POST', 'crm/v3/objects/:type', create],
  ['GET', 'crm/v3/objects/:type/:id', read],
  ['PATCH', 'crm/v3/objects/:type/:id', update],
  ['DELETE', 'crm/v3/objects/:type/:id', archive],
  ['POST', 'crm/v3/objects/:type/batch/upsert', upsert],
  ['POST', 'crm/v3/objects/:type/search', findObjects],
  ['POST', 'crm/v3/objects/:type/batch/read', readBatch],
  ['POST', 'crm/v4/associations/:from/:to/batch/read', readLinks],
];

/** HubSpot's CRM below `/hubspot/`. A path that there is not is answered with a web page. */
export function hubSpot(specs: readonly HubSpotSpec[], clock: SandboxClock): HubSpotSandbox {
  const accounts = new Accounts(specs, (spec) => new HubSpotAccount(spec, clock));
  const account = (name: string) => accounts.get(name);
  const desk = new SignInDesk(clock, specs);
  const nameOf = (authorization: string | undefined) =>
    specs.find(({ token }) => authorization === `Bearer ${token}`)?.name ??
    desk.findAccount(authorization);
  const toRoute = ([method, pattern, handler]: (typeof ROUTES)[number]): Route => ({
    method,
    pattern,
    handle: (request) => {
      const name = nameOf(request.headers.authorization);
      const reply =
        name === null ? unauthenticated().reply : respond(account(name), request, handler);
      const date = new Date(clock.now()).toUTCString();
      return { ...reply, headers: { date, ...reply.headers } };
    },
  });
  return {
    key: 'hubspot',
    basePath: '/hubspot/',
    account,
    desk,
    webhooks: new HubSpotWebhooks(clock, specs),
    routes: [
      { method: 'GET', pattern: 'oauth/authorize', handle: (request) => desk.authorize(request) },
      ...['oauth/v1/token', 'oauth/v3/token'].map((pattern) => ({
        method: 'POST',
        pattern,
        handle: (request: SandboxRequest) => desk.respond(request),
      })),
      ...ROUTES.map(toRoute),
    ],
    identify: ({ headers }) => nameOf(headers.authorization),
    control: {
      accounts: () => accounts.list(),
      truth: (name, kind) => truth(account(name), kind),
      mutate: (name, body) => mutate(account(name), body),
      poison: (name, body) => poison(account(name), body),
      rebuild: () => accounts.rebuild(),
    },
  };
}

function respond(account: HubSpotAccount, request: SandboxRequest, handler: Handler): Reply {
  const isSearch = request.path.endsWith('/search');
  const refused = account.throttle.admit(isSearch);
  if (refused !== undefined) return refused;
  account.live();
  const headers = account.throttle.headers(isSearch);
  const reply = answer(account, request, handler);
  return { ...reply, headers: { ...headers, ...reply.headers } };
}

function answer(account: HubSpotAccount, request: SandboxRequest, handler: Handler): Reply {
  try {
    return handler(account, request);
  } catch (error) {
    if (error instanceof Refusal) return error.reply;
    throw error;
  }
}
