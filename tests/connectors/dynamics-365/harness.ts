import { afterAll } from 'vitest';
import { createHttpClient } from '#lib/platform/http/client.ts';
import { dynamics365 } from '#lib/connectors/dynamics-365/index.ts';
import { dynamicsSettings } from '#lib/connectors/dynamics-365/settings.ts';
import type { Cursor, ReadSpan } from '#lib/connectors/contract/source.ts';
import { startSandbox, type DynamicsSpec } from '../../../sandbox/index.ts';
import { callerOf, credentials } from '../../sandbox/dynamics.ts';
import { findStream, nobody } from '../streams.ts';

export const NOW = Date.UTC(2026, 10, 20, 12);
export const full: ReadSpan = { mode: 'full', since: null, token: null };
export const changes = (token: Cursor): ReadSpan => ({ mode: 'changes', since: null, token });

export const orgSpec = (spec: Partial<DynamicsSpec> = {}): DynamicsSpec => ({
  name: 'org',
  label: 'Org',
  ...credentials,
  seed: 'org',
  leads: 0,
  countedOn: NOW,
  ...spec,
});

/**
 * A sandbox with one environment, and the adapter connected to it over HTTP with a token of an
 * hour.
 */
export async function connect(spec: Partial<DynamicsSpec> = {}, given: object = {}) {
  const sandbox = await startSandbox({
    accounts: [],
    partners: [],
    orgs: [orgSpec(spec)],
    now: NOW,
  });
  const { token, call } = await callerOf(sandbox);
  const http = createHttpClient({
    allowedHosts: dynamics365.hosts,
    allowLoopback: true,
    now: () => new Date(NOW),
    sleep: () => Promise.resolve(),
  });
  afterAll(async () => {
    await http.close();
    await sandbox.close(0);
  });
  const settings = dynamicsSettings.parse({
    baseUrl: sandbox.dynamics365.baseUrl,
    loginUrl: sandbox.dynamics365.loginUrl,
    ...credentialsOf(),
    ...given,
  });
  const authorized = {
    request: (request: Parameters<typeof http.request>[0]) =>
      http.request({
        ...request,
        headers: { ...request.headers, authorization: `Bearer ${token}` },
      }),
  };
  const access = { http: authorized, settings, secrets: {}, now: new Date(NOW), concurrency: 1 };
  const read = (
    name: string,
    span = full,
    cursor: Cursor = null,
    paths: readonly string[] = streamOf(name)
      .mapping({ settings, currency: 'USD' })
      .flatMap(({ sources }) => sources),
  ) => streamOf(name).read({ ...access, span, paths, partitions: nobody }, cursor);
  return { sandbox, call, access, read };
}

export const credentialsOf = () => ({
  tenantId: credentials.tenant,
  clientId: credentials.clientId,
});

export const streamOf = (name: string) => findStream(dynamics365.streams, name);
