import { DecryptionError } from '../../platform/crypto.ts';
import { Problem } from '../../platform/errors.ts';
import { getTenant } from '../../identity/tenancy/tenants.ts';
import { RemoteError } from '../../platform/http/errors.ts';
import { isId } from '../../platform/id.ts';
import { safeMessage } from '../../platform/secrets.ts';
import { findAuth } from '../../connectors/choose-auth.ts';
import { providers } from '../../connectors/registry.ts';
import type { ProviderDefinition } from '../../connectors/contract/provider.ts';
import { withTenant } from '../../identity/tenancy/with-tenant.ts';
import { admit } from '../circuit/store.ts';
import { createConnectionClient } from '../client.ts';
import {
  listConnections,
  openConnection,
  unknownConnectionProblem,
  type Connection,
  type OpenConnection,
} from '../connections.ts';
import { getAccessToken } from '../oauth/access-token.ts';
import { withOwner } from '../oauth/shared-source.ts';
import { readTokens } from '../oauth/store.ts';
import { getOAuthProvider } from '../oauth/token-endpoint.ts';
import { loadStreams } from '../streams.ts';
import { checkSettings } from '../validate.ts';
import { suggestRemedy } from './remedies.ts';
import { testStream, type ReadStream } from './streams.ts';

/** The result of one step. `ok` is null when it was skipped because an earlier step failed. */
export interface Step {
  step: string;
  ok: boolean | null;
  message: string;
  /** How to fix it; null when there is nothing to fix. */
  mend: string | null;
}

export interface ConnectionTest {
  connection: string;
  provider: string;
  isUsable: boolean;
  steps: Step[];
}

/** Per request; shorter than in a sync, because an operator waits for the result. */
const deadlineMs = 15_000;

/**
 * Tests, step by step, everything that a sync needs of a connection, and stores nothing but a
 * renewed token. Throws Problem `not_found`.
 */
export async function testConnection(
  tenantId: string,
  connectionId: string,
): Promise<ConnectionTest> {
  const found = isId(connectionId)
    ? (await listConnections(tenantId)).find(({ id }) => id === connectionId)
    : undefined;
  if (found === undefined) throw unknownConnectionProblem();
  const known = providers.find(({ key }) => key === found.provider);
  const provider = known && findAuth(known, found.auth);
  const steps: Step[] = [];
  await runSteps(new StepRunner(steps), found, provider);
  return {
    connection: found.label,
    provider: provider?.label ?? found.provider,
    isUsable: steps.every(({ ok }) => ok === true),
    steps,
  };
}

async function runSteps(
  runner: StepRunner,
  found: Connection,
  provider: ProviderDefinition | undefined,
): Promise<void> {
  const { tenantId, id: connectionId } = found;
  await runner.step('settings', () => checkStoredSettings(found, provider));
  const open = await runner.step('secrets', () => openSecrets(tenantId, connectionId));
  if (open === undefined || provider === undefined) return runner.skip(['access']);
  if (getOAuthProvider(provider) !== undefined)
    await runner.step('token', () => renewToken(tenantId, connectionId, open));
  const { kind } = await admit(tenantId, connectionId, { insist: true });
  const http = createConnectionClient(provider, open.settings, {
    owner: { tenantId, connectionId, probe: kind === 'probe' },
    secrets: open.secrets,
    deadlineMs,
    retry: { retries: 0 },
  });
  try {
    const { settings, secrets } = open;
    const { currency } = await getTenant(tenantId);
    const streams = await withTenant(tenantId, (tx) =>
      loadStreams(tx, { tenantId, connectionId }, provider),
    );
    await runRequests(
      runner,
      { ...provider, streams },
      {
        http,
        settings,
        secrets,
        currency,
        now: new Date(),
        concurrency: 1,
      },
    );
  } finally {
    await http.close();
  }
}

async function runRequests(
  runner: StepRunner,
  provider: ProviderDefinition,
  context: Parameters<ProviderDefinition['check']>[0] & Parameters<typeof testStream>[1],
): Promise<void> {
  const { whoAmI } = provider;
  await runner.step('access', async () => {
    await provider.check(context);
    return toOutcome(undefined, 'The credentials are accepted and allow reading.');
  });
  if (whoAmI !== undefined)
    await runner.step('account', async () =>
      toOutcome(
        undefined,
        (await whoAmI(context)) ??
          'The account cannot be identified because it contains no data yet.',
      ),
    );
  const readStreams: ReadStream[] = [];
  for (const stream of provider.streams)
    await runner.step(`read ${stream.name}`, async () => testStream(stream, context, readStreams));
}

interface Outcome<T> {
  value: T;
  message: string;
}

const toOutcome = <T>(value: T, message: string): Outcome<T> => ({ value, message });

/** Runs steps and collects their results; once one has failed, the rest are skipped. */
class StepRunner {
  readonly #steps: Step[];

  constructor(steps: Step[]) {
    this.#steps = steps;
  }

  async step<T>(name: string, attempt: () => Promise<Outcome<T>>): Promise<T | undefined> {
    if (this.#hasFailed()) return void this.skip([name]);
    try {
      const { value, message } = await attempt();
      this.#steps.push({ step: name, ok: true, message, mend: null });
      return value;
    } catch (error) {
      this.#steps.push({
        step: name,
        ok: false,
        message: safeMessage(error),
        mend: suggestRemedy(error, name),
      });
      if (
        error instanceof Problem ||
        error instanceof RemoteError ||
        error instanceof DecryptionError
      )
        return undefined;
      throw error;
    }
  }

  skip(names: string[]): void {
    for (const step of names)
      this.#steps.push({
        step,
        ok: null,
        message: 'Skipped because an earlier step failed.',
        mend: null,
      });
  }

  /** A stream that cannot be read does not count: the others may still be readable. */
  #hasFailed(): boolean {
    return this.#steps.some(({ ok, step }) => ok === false && !step.startsWith('read '));
  }
}

function checkStoredSettings(
  { settings, provider: key }: Connection,
  provider: ProviderDefinition | undefined,
): Promise<Outcome<undefined>> {
  if (provider === undefined)
    throw new Problem('bad_request', `This version of Tributary has no provider "${key}".`);
  const { baseUrl } = checkSettings(provider, settings as Record<string, unknown>) as {
    baseUrl: string;
  };
  return Promise.resolve(
    toOutcome(undefined, `The settings are valid; the system is at ${new URL(baseUrl).host}.`),
  );
}

async function openSecrets(
  tenantId: string,
  connectionId: string,
): Promise<Outcome<OpenConnection>> {
  const open = await openConnection(tenantId, connectionId);
  const names = open.provider.auth.secrets.map(({ name }) => name);
  const missing = names.filter((name) => (open.secrets[name] ?? '').trim() === '');
  if (missing.length > 0)
    throw new Problem('bad_request', `The secret ${missing.join(' and ')} is missing.`);
  return toOutcome(open, `All secrets are present and can be decrypted: ${names.join(', ')}.`);
}

/** Renews the token even if the present one is valid, to show that the secrets still work. */
async function renewToken(
  tenantId: string,
  connectionId: string,
  { provider, settings }: OpenConnection,
): Promise<Outcome<undefined>> {
  const oauth = getOAuthProvider(provider);
  if (oauth === undefined) return toOutcome(undefined, 'No token is needed.');
  const source = { tenantId, connectionId, provider: oauth, settings };
  const { secondsLeft } = await withOwner(source, async (owner) => {
    const { access } = await withTenant(owner.tenantId, (tx) => readTokens(tx, oauth, owner));
    return getAccessToken(owner, access?.token);
  });
  const { host } = new URL(oauth.grant.tokenUrl(settings));
  const validity =
    secondsLeft === null ? '' : `, valid for ${Math.round(secondsLeft / 60)} minutes`;
  return toOutcome(undefined, `${host} issued a token${validity}.`);
}
