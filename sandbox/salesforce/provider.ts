import { Accounts } from '../kit/accounts.ts';
import type { SandboxClock } from '../kit/clock.ts';
import { TokenDesk, type TokenRules } from '../kit/oauth.ts';
import {
  json,
  type ProviderControl,
  type Reply,
  type Route,
  type SandboxProvider,
  type SandboxRequest,
} from '../kit/provider.ts';
import { mutate, poison, truth, type SalesforceChange } from './control.ts';
import { describe, describeGlobal } from './describe.ts';
import { listDeleted } from './deleted.ts';
import { notFound, Refusal } from './errors.ts';
import { createJob, readJob, readResults } from './jobs.ts';
import { Org } from './org.ts';
import { OutboundMessages } from './outbound.ts';
import { query, queryMore } from './query.ts';
import { SignIns } from './sign-in.ts';
import type { SalesforceSpec } from './spec.ts';
import type { WireRow } from './wire.ts';
import { create, remove, update } from './write.ts';

export interface SalesforceSandbox extends SandboxProvider {
  org(name: string): Org;
  desk: TokenDesk;
  outbound: OutboundMessages;
  control: Pick<ProviderControl, 'accounts' | 'rebuild'> & {
    truth(account: string, kind?: string): Record<string, WireRow[]>;
    mutate(account: string, body: { changes: SalesforceChange[] }): { ids: string[] };
    poison(account: string, body: unknown): { ids: string[] };
  };
}

type Handler = (org: Org, request: SandboxRequest) => Reply;

const BASE = '/salesforce/';

/** Salesforce below `/salesforce/`: the token endpoint of a My Domain and its REST API. */
export function salesforce(
  specs: readonly SalesforceSpec[],
  clock: SandboxClock,
  rules: TokenRules = {},
): SalesforceSandbox {
  const desk = new TokenDesk(
    clock,
    specs.map(({ name, clientId, clientSecret }) => ({ account: name, clientId, clientSecret })),
    rules,
  );
  const signIns = new SignIns(specs, desk);
  const orgs = new Accounts(specs, (spec) => new Org(spec, clock));
  const org = (name: string) => orgs.get(name);
  const route = (method: string, pattern: string, handler: Handler): Route => ({
    method,
    pattern: `services/data/:version/${pattern}`,
    handle: (request) => respond(request, handler, { desk, org }),
  });
  return {
    key: 'salesforce',
    basePath: BASE,
    org,
    desk,
    outbound: new OutboundMessages(org),
    routes: [
      {
        method: 'POST',
        pattern: 'services/oauth2/token',
        handle: (request) => token(request, { desk, signIns, org, clock }),
      },
      {
        method: 'GET',
        pattern: 'services/oauth2/authorize',
        handle: (request) => signIns.authorize(request),
      },
      ...apiRoutes(route),
    ],
    identify: ({ headers, body }) =>
      desk.findAccount(headers.authorization) ?? desk.findAccountByForm(body),
    list: ({ path, query: params }) => `${path} ${params.get('q') ?? ''}`,
    control: {
      accounts: () => orgs.list(),
      truth: (name, kind) => truth(org(name), kind),
      mutate: (name, body) => mutate(org(name), body),
      poison: (name, body) => poison(org(name), body),
      rebuild: () => orgs.rebuild(),
    },
  };
}

function apiRoutes(route: (method: string, pattern: string, handler: Handler) => Route): Route[] {
  return [
    route('GET', '', resources),
    route('GET', 'query', (org, request) => query(org, request, { all: false })),
    route('GET', 'queryAll', (org, request) => query(org, request, { all: true })),
    route('GET', 'query/:locator', queryMore),
    route('GET', 'sobjects', describeGlobal),
    route('GET', 'sobjects/', describeGlobal),
    route('GET', 'sobjects/:object/describe', describe),
    route('GET', 'sobjects/:object/deleted/', listDeleted),
    route('POST', 'sobjects/:object', create),
    route('PATCH', 'sobjects/:object/:id', update),
    route('DELETE', 'sobjects/:object/:id', remove),
    route('POST', 'jobs/query', createJob),
    route('GET', 'jobs/query/:job', readJob),
    route('GET', 'jobs/query/:job/results', readResults),
  ];
}

/** Versions that an organisation answers. */
const VERSION = /^v(3[1-9]|[45]\d|6[0-8])\.0$/;

/** Times are the sandbox's own, the `Date` of responses included: readers go by it. */
function respond(
  request: SandboxRequest,
  handler: Handler,
  { desk, org }: { desk: TokenDesk; org: (name: string) => Org },
): Reply {
  const name = desk.findAccount(request.headers.authorization);
  if (name === null)
    return new Refusal(401, 'INVALID_SESSION_ID', 'Session expired or invalid').reply;
  const found = org(name);
  found.version = request.params.version ?? '';
  if (found.spec.blocked === true)
    return new Refusal(
      401,
      'INVALID_SESSION_ID',
      'This session is not valid for use with the REST API',
    ).reply;
  try {
    if (!VERSION.test(found.version)) throw notFound();
    found.admit();
    found.live();
    return found.withLimits(handler(found, request));
  } catch (error) {
    if (error instanceof Refusal) return found.withLimits(error.reply);
    throw error;
  }
}

interface TokenEndpoint {
  desk: TokenDesk;
  signIns: SignIns;
  org: (name: string) => Org;
  clock: SandboxClock;
}

/**
 * The token endpoint: no lifetime, the address of the organisation, and refusals with status 400.
 */
function token(request: SandboxRequest, { desk, signIns, org, clock }: TokenEndpoint): Reply {
  const form = new URLSearchParams(request.body);
  const isCode = form.get('grant_type') === 'authorization_code';
  const reply = isCode ? signIns.exchange(form) : desk.respond(request);
  const body = JSON.parse(reply.body) as Record<string, string>;
  if (reply.status >= 400) {
    const error = body['error'] === 'invalid_client' ? 'invalid_client' : (body['error'] ?? '');
    const text = error === 'invalid_client' ? 'invalid client credentials' : error;
    return json({ error, error_description: text }, 400);
  }
  const root = `http://${request.headers.host}${BASE.replace(/\/$/, '')}`;
  const found = org(desk.findAccountByForm(request.body) ?? '');
  return {
    ...json({
      access_token: body['access_token'],
      signature: 'c2FuZGJveA==',
      ...(body['refresh_token'] !== undefined && { refresh_token: body['refresh_token'] }),
      scope: body['refresh_token'] === undefined ? 'api' : 'refresh_token api',
      instance_url: root,
      id: `${root}/id/${found.id}/${found.userId}`,
      token_type: 'Bearer',
      issued_at: String(clock.now()),
    }),
  };
}

function resources(org: Org, request: SandboxRequest): Reply {
  const root = `http://${request.headers.host}${BASE.replace(/\/$/, '')}`;
  const path = `/services/data/${org.version}`;
  return json({
    identity: `${root}/id/${org.id}/${org.userId}`,
    sobjects: `${path}/sobjects`,
    query: `${path}/query`,
    queryAll: `${path}/queryAll`,
    jobs: `${path}/jobs`,
    limits: `${path}/limits`,
  });
}
