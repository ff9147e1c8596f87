import { v5 as uuid } from 'uuid';
import { afterAll, beforeAll } from 'vitest';
import { startSandbox, type DynamicsSpec, type Sandbox } from '../../../sandbox/index.ts';
import { createHttpClient, type OwnedHttpClient } from '#lib/platform/http/client.ts';
import { describe as describeTables } from '#lib/connectors/dynamics-365/destination/metadata.ts';
import { createRemoteObjects } from '#lib/connectors/dynamics-365/destination/remote-objects.ts';
import type { RemoteObjects, TargetMetadata } from '#lib/connectors/contract/destination.ts';

const org = {
  name: 'crm',
  label: 'Crm',
  tenant: 'directory',
  clientId: 'app',
  clientSecret: 'secret-0123456789',
  seed: 'crm',
  leads: 0,
  countedOn: Date.UTC(2026, 10, 20),
};

/** The sandbox of a file, and the objects of its only environment. */
export interface PushStage {
  sandbox: Sandbox;
  http: OwnedHttpClient;
  root: string;
  metadata: TargetMetadata;
  objects: RemoteObjects;
}

/** Filled in before the first test of the file. */
export function usePushStage(spec: Partial<DynamicsSpec> = {}): PushStage {
  const stage = {} as PushStage;
  beforeAll(async () => void Object.assign(stage, await openStage(spec)));
  afterAll(async () => {
    await stage.http.close();
    await stage.sandbox.close(0);
  });
  return stage;
}

async function openStage(spec: Partial<DynamicsSpec>): Promise<PushStage> {
  const sandbox = await startSandbox({
    accounts: [],
    partners: [],
    orgs: [{ ...org, denied: ['delete:account'], ...spec }],
    now: Date.UTC(2026, 10, 20),
  });
  const { baseUrl, loginUrl } = sandbox.dynamics365;
  const bare = createHttpClient({
    allowedHosts: ['127.0.0.1', 'localhost'],
    allowLoopback: true,
    retry: { baseMs: 1 },
  });
  const form = {
    grant_type: 'client_credentials',
    client_id: org.clientId,
    client_secret: org.clientSecret,
    scope: `${new URL(baseUrl).origin}/.default`,
  };
  const token = await bare.request({
    method: 'POST',
    url: new URL(`${org.tenant}/oauth2/v2.0/token`, loginUrl).href,
    form,
  });
  const { access_token: accessToken } = JSON.parse(token.body) as { access_token: string };
  const authorization = `Bearer ${accessToken}`;
  const http: OwnedHttpClient = {
    close: () => bare.close(),
    request: (request) =>
      bare.request({ ...request, headers: { ...request.headers, authorization } }),
  };
  const root = `${baseUrl}api/data/v9.2/`;
  const metadata = await describeTables(http, root);
  return { sandbox, http, root, metadata, objects: createRemoteObjects(http, root, metadata) };
}

export const lead = (id: string, values: Record<string, string | number>) => ({
  role: 'lead' as const,
  id,
  key: id,
  leadId: id,
  values: { lastname: 'Lovelace', ...values },
  parents: {},
});
const ids = Array.from({ length: 8 }, (_, n) => `0000000${n}-0000-4000-8000-000000000001`);
export const v5 = (text: string): string => uuid(text, uuid.DNS);
export const id = (n: number): string => ids[n] ?? '';
