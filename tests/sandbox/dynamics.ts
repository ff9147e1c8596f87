import {
  startSandbox,
  type DynamicsSpec,
  type Sandbox,
  type SandboxOptions,
} from '../../sandbox/index.ts';
import { NOON } from './helpers.ts';

export const credentials = {
  tenant: 'directory-1',
  clientId: 'app-1',
  clientSecret: 'secret-of-the-app-1',
};

/** Everything is annotated with labels, and pages have so many rows. */
export const prefer = (pageSize: number, ...more: string[]): string =>
  [
    ...more,
    `odata.maxpagesize=${pageSize}`,
    'odata.include-annotations="OData.Community.Display.V1.FormattedValue"',
  ].join(',');

export type Body = Record<string, unknown> & { value?: Record<string, unknown>[] };

export interface DynamicsCaller {
  sandbox: Sandbox;
  token: string;
  /** `path` below the Web API, or a whole link. */
  call(
    method: string,
    path: string,
    options?: { body?: unknown; headers?: Record<string, string> },
  ): Promise<{ status: number; body: Body; headers: Headers }>;
  get(path: string, headers?: Record<string, string>): Promise<Body>;
}

/** A fresh sandbox with one environment, and a caller with a token for it. */
export async function withOrg(
  spec: Partial<DynamicsSpec>,
  use: (caller: DynamicsCaller) => Promise<void>,
  options: SandboxOptions = {},
): Promise<void> {
  const org = {
    name: 'org',
    label: 'Org',
    ...credentials,
    seed: 'org',
    leads: 0,
    countedOn: NOON,
    ...spec,
  };
  const sandbox = await startSandbox({
    now: NOON,
    accounts: [],
    partners: [],
    orgs: [org],
    ...options,
  });
  try {
    await use(await callerOf(sandbox));
  } finally {
    await sandbox.close(50);
  }
}

export async function callerOf(sandbox: Sandbox): Promise<DynamicsCaller> {
  const { baseUrl, loginUrl } = sandbox.dynamics365;
  const form = {
    grant_type: 'client_credentials',
    client_id: credentials.clientId,
    client_secret: credentials.clientSecret,
    scope: `${new URL(baseUrl).origin}/.default`,
  };
  const answer = await fetch(`${loginUrl}${credentials.tenant}/oauth2/v2.0/token`, {
    method: 'POST',
    body: new URLSearchParams(form),
  });
  const { access_token: token } = (await answer.json()) as { access_token: string };
  const call: DynamicsCaller['call'] = async (method, path, { body, headers = {} } = {}) => {
    const url = path.startsWith('http') ? path : `${baseUrl}api/data/v9.2/${path}`;
    const response = await fetch(url, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: text === '' ? {} : (JSON.parse(text) as Body),
    };
  };
  return {
    sandbox,
    token,
    call,
    get: async (path, headers = {}) => (await call('GET', path, { headers })).body,
  };
}

/** All pages of a list, each with the same preferences. */
export async function pagesOf(
  caller: DynamicsCaller,
  path: string,
  preference: string,
): Promise<Body[]> {
  const pages: Body[] = [];
  for (
    let link: string | undefined = path;
    link !== undefined;
    link = pages.at(-1)?.['@odata.nextLink'] as string | undefined
  )
    pages.push(await caller.get(link, { prefer: preference }));
  return pages;
}

export const rowsOf = (pages: readonly Body[]): Record<string, unknown>[] =>
  pages.flatMap(({ value = [] }) => value);
export const errorCode = (body: Body): unknown =>
  (body.error as { code?: unknown } | undefined)?.code;
