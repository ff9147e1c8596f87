import { getOwn } from '#lib/platform/own.ts';
import type { Random } from '../../sandbox/kit/random.ts';
import type { Route } from './source.ts';
import { hostileForms, hostileJson, hostilePaths, hostileValues, pickValue } from './values.ts';

/** One request as it goes over the wire; the path is sent as it is. */
export interface HostileRequest {
  route: string;
  method: string;
  path: string;
  headers: Record<string, string>;
  body?: string | undefined;
}

/** What the requests may name: rows that exist, by the name of a parameter or a field. */
export type Usual = Readonly<Record<string, string>>;

/** Fields that forms name by number, by row or by group. */
const furtherFields = [
  '__proto__',
  '__proto__.x',
  'constructor.prototype',
  'signals.spf',
  'risks.no_dmarc',
  'row.0.table',
  'row.0.target',
  'row.0.source',
  'row.0.constant',
  'row.0.label.0.ours',
  'row.0.label.0.theirs',
  'add.lead.target',
  'add.lead.source',
];
const suffixes = ['baseUrl', 'webKey', 'accessToken', 'timeZone', 'pageSize', '__proto__', ''];

const methods = ['HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND', 'PURGE'];
const headerNames = [
  '__proto__',
  'constructor',
  'accept',
  'accept-encoding',
  'accept-language',
  'authorization',
  'content-type',
  'cookie',
  'host',
  'if-none-match',
  'if-modified-since',
  'origin',
  'range',
  'referer',
  'user-agent',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-request-id',
];
const cookieNames = [
  'tributary.session_token',
  'tributary.two_factor',
  '__Host-tributary.session_token',
  'leads.alpha',
  '__proto__',
];

type Kind = (
  route: Route,
  random: Random,
  usual: Usual,
  names: readonly string[],
) => HostileRequest;

/** The ways to be hostile to a route, each as often as it stands here. */
const kinds: readonly Kind[] = [
  askWithParameters,
  askWithParameters,
  askWithParameters,
  askForPath,
  postForm,
  postForm,
  postDamagedForm,
  postJson,
  sendHeaders,
  sendMethod,
];

/**
 * Endless: a request to each route in turn, in all ways, so that the first few thousand reach every
 * route in every way. The same chances yield the same requests.
 */
export function* hostileRequests(
  routes: readonly Route[],
  names: readonly string[],
  usual: Usual,
  random: Random,
): Generator<HostileRequest> {
  for (const path of hostilePaths)
    for (const method of ['GET', 'POST']) yield { route: 'a path', method, path, headers: {} };
  for (let turn = 0; ; turn += 1)
    for (const [index, route] of routes.entries()) {
      const kind = kinds[(turn + index) % kinds.length] ?? askWithParameters;
      yield kind(route, random, usual, names);
    }
}

function askWithParameters(
  route: Route,
  random: Random,
  usual: Usual,
  names: readonly string[],
): HostileRequest {
  const known = route.endpoints.flatMap(({ query }) => Object.keys(query?.shape ?? {}));
  const from = known.length > 0 && random.chance(0.9) ? known : names;
  const query = Array.from({ length: random.int(1, known.length > 0 ? 2 : 6) }, () => {
    const name = random.pick(from);
    return `${encode(name)}=${encode(pickValue(random, getOwn(usual, name)))}`;
  });
  const tenant = route.pattern.startsWith('/api/') ? ['tenant=alpha'] : [];
  const path = `${fillPath(route, random, usual, 0.1)}?${[...tenant, ...query].join('&')}`;
  return { route: route.file, method: 'GET', path, headers: {} };
}

function askForPath(route: Route, random: Random, usual: Usual): HostileRequest {
  const path = fillPath(route, random, usual, 0.8);
  return { route: route.file, method: random.pick(['GET', 'GET', 'POST']), path, headers: {} };
}

function postForm(route: Route, random: Random, usual: Usual): HostileRequest {
  const { buttons, fields } = route.form ?? { buttons: ['save'], fields: ['name'] };
  const chosen = [...fields, ...furtherFields.filter(() => random.chance(0.2))].filter(() =>
    random.chance(0.8),
  );
  const intent = random.chance(0.9) ? random.pick(buttons) : random.pick(hostileValues);
  const detail = random.chance(0.2) ? `:${random.pick(hostileValues)}` : '';
  const pairs = chosen.map((name): [string, string] => [
    /[.:]$/.test(name) ? `${name}${random.pick(suffixes)}` : name,
    pickValue(random, getOwn(usual, name)),
  ]);
  return {
    route: route.file,
    method: 'POST',
    path: fillPath(route, random, usual, 0.05),
    ...(random.chance(0.7) ? toUrlEncoded : toMultipart)([['intent', intent + detail], ...pairs]),
  };
}

function postDamagedForm(route: Route, random: Random, usual: Usual): HostileRequest {
  const { type, body } = random.pick(hostileForms);
  const path = fillPath(route, random, usual, 0);
  return { route: route.file, method: 'POST', path, headers: { 'content-type': type }, body };
}

function postJson(route: Route, random: Random, usual: Usual): HostileRequest {
  const known = route.endpoints.flatMap(({ body }) => Object.keys(body?.shape ?? {}));
  const names = known.length > 0 ? known : ['email', 'password', 'code', 'rememberMe'];
  const value = (name: string): unknown =>
    random.pick<unknown>([
      pickValue(random, getOwn(usual, name)),
      [pickValue(random, getOwn(usual, name))],
      { [pickValue(random, undefined)]: pickValue(random, undefined) },
      random.pick([0, -1, 1e308, null, true, {}, []]),
    ]);
  const body = random.chance(0.4)
    ? random.pick(hostileJson)
    : JSON.stringify(Object.fromEntries(names.map((name) => [name, value(name)])));
  const isApi = route.pattern.startsWith('/api/');
  const path = isApi && route.file.includes('[...all]') ? signInPath(random) : undefined;
  return {
    route: route.file,
    method: random.pick(['POST', 'POST', 'PATCH', 'PUT']),
    path: `${path ?? fillPath(route, random, usual, 0.1)}${isApi ? '?tenant=alpha' : ''}`,
    headers: {
      'content-type': random.pick(['application/json', 'application/json', 'text/plain']),
    },
    body,
  };
}

const signInPath = (random: Random): string =>
  `/api/auth/${random.pick(['sign-in/email', 'two-factor/verify-totp', 'two-factor/verify-backup-code', 'sign-out'])}`;

function sendHeaders(route: Route, random: Random, usual: Usual): HostileRequest {
  const headers = Object.fromEntries(
    Array.from({ length: 3 }, () => [
      random.pick(headerNames),
      toHeader(random.pick(hostileValues)),
    ]),
  );
  if (random.chance(0.5))
    headers['cookie'] = cookieNames
      .map((name) => `${name}=${encode(random.pick(hostileValues))}`)
      .join('; ')
      .slice(0, 8_000);
  return { route: route.file, method: 'GET', path: fillPath(route, random, usual, 0), headers };
}

function sendMethod(route: Route, random: Random, usual: Usual): HostileRequest {
  const path = fillPath(route, random, usual, 0);
  return { route: route.file, method: random.pick(methods), path, headers: {} };
}

/** The address of a route: each of its parameters is hostile with this chance, else a usual one. */
function fillPath(route: Route, random: Random, usual: Usual, hostility: number): string {
  const folder = /\/([\w-]+)\/\[id\]/.exec(route.pattern)?.[1] ?? '';
  return route.pattern.replaceAll(/\[(?:\.\.\.)?(\w+)\]/g, (_, name: string) =>
    random.chance(hostility)
      ? encode(random.pick(hostileValues)).slice(0, 4_000)
      : encode(getOwn(usual, name === 'id' ? folder : name) ?? 'x'),
  );
}

/** As forms and addresses encode it; half of a surrogate pair cannot be, and becomes U+FFFD. */
const encode = (text: string): string => encodeURIComponent(text.toWellFormed());

/** What Node lets a client send in a header. */
const toHeader = (text: string): string =>
  text.replaceAll(/[^\t\x20-\x7e\x80-\xff]/g, '?').slice(0, 2_000);

function toUrlEncoded(pairs: [string, string][]) {
  return {
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: pairs.map((pair) => pair.map(encode).join('=')).join('&'),
  };
}

function toMultipart(pairs: [string, string][]) {
  const parts = pairs.map(
    ([name, value]) =>
      `--x-boundary\r\nContent-Disposition: form-data; name="${encode(name)}"\r\n\r\n${value}\r\n`,
  );
  return {
    headers: { 'content-type': 'multipart/form-data; boundary=x-boundary' },
    body: `${parts.join('')}--x-boundary--\r\n`,
  };
}
