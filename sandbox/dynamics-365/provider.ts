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
import { parseKey, findRow } from './address.ts';
import { mutate, poison, truth, type DynamicsChange } from './control.ts';
import { notFound, Refusal } from './errors.ts';
import { buildContextUrl, list } from './list.ts';
import {
  attribute,
  attributes,
  attributesOfType,
  entityDefinition,
  entityDefinitions,
  keys,
} from './metadata.ts';
import { Org } from './org.ts';
import { parsePreferences } from './prefer.ts';
import { qualifyLead } from './qualify.ts';
import type { DynamicsSpec } from './spec.ts';
import { buildSchema, type Table } from './tables.ts';
import { formatEtag, selected, wireRow, type WireRow } from './wire.ts';
import { create, patch, remove } from './write.ts';

export interface DynamicsSandbox extends SandboxProvider {
  org(name: string): Org;
  desk: TokenDesk;
  control: Pick<ProviderControl, 'accounts' | 'rebuild'> & {
    truth(account: string, kind?: string): Record<string, WireRow[]>;
    mutate(account: string, body: { changes: DynamicsChange[] }): { ids: string[] };
    poison(account: string, body: unknown): { ids: string[] };
  };
}

type Handler = (org: Org, request: SandboxRequest) => Reply;
type Routed = (method: string, pattern: string, handler: Handler) => Route;

const API = 'api/data/v9.2';
const TABLES = Object.values(buildSchema({}));

/**
 * Dynamics 365 Sales below `/dynamics-365/`: the directory's token endpoint and the Web API of
 * Dataverse.
 */
export function dynamics365(
  specs: readonly DynamicsSpec[],
  clock: SandboxClock,
  rules: TokenRules = {},
): DynamicsSandbox {
  const desk = new TokenDesk(
    clock,
    specs.map(({ name, clientId, clientSecret }) => ({ account: name, clientId, clientSecret })),
    rules,
  );
  const orgs = new Accounts(specs, (spec) => new Org(spec, clock));
  const org = (name: string) => orgs.get(name);
  const route: Routed = (method, pattern, handler) => ({
    method,
    pattern: `${API}/${pattern}`,
    handle: (request) => respond(request, handler, { desk, org, clock }),
  });
  return {
    key: 'dynamics-365',
    basePath: '/dynamics-365/',
    org,
    desk,
    routes: [
      {
        method: 'POST',
        pattern: ':tenant/oauth2/v2.0/token',
        handle: (request) => token(request, desk, org),
      },
      ...apiRoutes(route),
    ],
    identify: ({ headers, body }) =>
      desk.findAccount(headers.authorization) ?? desk.findAccountByForm(body),
    control: {
      accounts: () => orgs.list(),
      truth: (name, kind) => truth(org(name), kind),
      mutate: (name, body) => mutate(org(name), body),
      poison: (name, body) => poison(org(name), body),
      rebuild: () => orgs.rebuild(),
    },
  };
}

/** Times are the sandbox's own, the `Date` of responses included: readers may go by it. */
async function respond(
  request: SandboxRequest,
  handler: Handler,
  { desk, org, clock }: { desk: TokenDesk; org: (name: string) => Org; clock: SandboxClock },
): Promise<Reply> {
  const name = desk.findAccount(request.headers.authorization);
  if (name === null)
    return {
      status: 401,
      headers: {
        'www-authenticate':
          'Bearer authorization_uri=https://login.microsoftonline.com/common/oauth2/authorize',
      },
      body: '',
    };
  const found = org(name);
  found.root = `http://${request.headers.host}/dynamics-365`;
  const reply = await found.throttle
    .admit(() => (found.live(), handler(found, request)))
    .catch((error: unknown) => {
      if (error instanceof Refusal) return error.reply;
      throw error;
    });
  return {
    ...reply,
    headers: {
      'odata-version': '4.0',
      date: new Date(clock.now()).toUTCString(),
      ...reply.headers,
    },
  };
}

/** The token endpoint of a directory: its path and the scope must be those of the environment. */
function token(request: SandboxRequest, desk: TokenDesk, org: (name: string) => Org): Reply {
  const name = desk.findAccountByForm(request.body);
  const form = new URLSearchParams(request.body);
  if (name !== null && org(name).spec.tenant !== request.params.tenant)
    return json({ error: 'invalid_request', error_description: 'sandbox: no such directory' }, 400);
  if (form.get('scope') !== `http://${request.headers.host}/.default`)
    return json(
      {
        error: 'invalid_scope',
        error_description: 'sandbox: the scope is not the environment followed by /.default',
      },
      400,
    );
  return desk.respond(request);
}

function apiRoutes(route: Routed): Route[] {
  return [
    route('GET', 'WhoAmI', whoAmI),
    route('GET', 'WhoAmI()', whoAmI),
    ...TABLES.flatMap((table) => tableRoutes(table, route)),
    route('POST', 'leads(:key)/Microsoft.Dynamics.CRM.QualifyLead', qualifyLead),
    route('GET', 'EntityDefinitions', entityDefinitions),
    route('GET', 'EntityDefinitions(:name)', entityDefinition),
    route('GET', 'EntityDefinitions(:name)/Attributes', attributes),
    route('GET', 'EntityDefinitions(:name)/Attributes/:type', attributesOfType),
    route('GET', 'EntityDefinitions(:name)/Attributes(:attribute)/:type', attribute),
    route('GET', 'EntityDefinitions(:name)/Keys', keys),
  ];
}

function tableRoutes({ name, set }: Table, route: Routed): Route[] {
  const findTable = (org: Org) => org.store.schema[name];
  const reads =
    (handler: (org: Org, table: Table, request: SandboxRequest) => Reply): Handler =>
    (org, request) => {
      if (!org.tables().includes(findTable(org)))
        throw new Refusal(404, '0x80060888', `Resource not found for the segment '${set}'.`);
      org.need(`read:${name}`);
      return handler(org, findTable(org), request);
    };
  return [
    route('GET', set, reads(list)),
    route('GET', `${set}(:key)`, reads(one)),
    route('POST', set, (org, request) => create(org, findTable(org), request)),
    route('PATCH', `${set}(:key)`, (org, request) => patch(org, findTable(org), request)),
    route('DELETE', `${set}(:key)`, (org, request) => remove(org, findTable(org), request)),
  ];
}

/**
 * A row by id or alternate key; 304 when the caller has it already, unless it asks for annotations.
 */
function one(org: Org, table: Table, request: SandboxRequest): Reply {
  const row = findRow(org.store, table, parseKey(table, request.params.key ?? ''));
  if (row === undefined) throw notFound(table.name, request.params.key ?? '');
  const prefer = parsePreferences(request.headers);
  if (request.headers['if-none-match'] === formatEtag(row) && !prefer.formatted)
    return { status: 304, body: '' };
  return json({
    '@odata.context': buildContextUrl(request, table, '/$entity'),
    ...wireRow(org.store, table, row, selected(table, request.query.get('$select')), prefer),
  });
}

function whoAmI(org: Org): Reply {
  return json({
    '@odata.context': `${org.root}/${API}/$metadata#Microsoft.Dynamics.CRM.WhoAmIResponse`,
    BusinessUnitId: org.organizationId,
    UserId: org.userId,
    OrganizationId: org.organizationId,
  });
}
