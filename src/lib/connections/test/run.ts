import { DecryptionError } from '../../platform/crypto.ts';
import { Problem } from '../../platform/errors.ts';
import { RemoteError } from '../../platform/http/errors.ts';
import { isId } from '../../platform/id.ts';
import { safeMessage } from '../../platform/secrets.ts';
import { providers } from '../../connectors/registry.ts';
import type { ProviderDefinition } from '../../connectors/contract/provider.ts';
import { withTenant } from '../../identity/tenancy/with-tenant.ts';
import { admit } from '../circuit/store.ts';
import { connectionClient } from '../client.ts';
import {
  listConnections,
  openConnection,
  type Connection,
  type OpenConnection,
} from '../connections.ts';
import { accessToken } from '../oauth/access-token.ts';
import { readTokens } from '../oauth/store.ts';
import { oauthOf } from '../oauth/token-endpoint.ts';
import { checkSettings } from '../validate.ts';
import { mendOf } from './remedies.ts';
import { readOnePage, type Tried } from './streams.ts';

/** One thing that was tried. `ok` is null when it could not be tried because of one before. */
export interface Step {
  step: string;
  ok: boolean | null;
  message: string;
  /** What to do about it; null when there is nothing to do. */
  mend: string | null;
}

export interface Tryout {
  connection: string;
  provider: string;
  isUsable: boolean;
  steps: Step[];
}

const deadlineMs = 15_000;

/**
 * Tries everything that a sync needs of a connection, and stores nothing but a renewed token.
 * Throws Problem `not_found`.
 */
export async function tryConnection(tenantId: string, connectionId: string): Promise<Tryout> {
  const found = isId(connectionId)
    ? (await listConnections(tenantId)).find(({ id }) => id === connectionId)
    : undefined;
  if (found === undefined)
    throw new Problem('not_found', 'There is no such connection in this workspace.');
  const provider = providers.find(({ key }) => key === found.provider);
  const steps: Step[] = [];
  await tryAll(new Trier(steps), found, provider);
  return {
    connection: found.label,
    provider: provider?.label ?? found.provider,
    isUsable: steps.every(({ ok }) => ok === true),
    steps,
  };
}

async function tryAll(
  trier: Trier,
  found: Connection,
  provider: ProviderDefinition | undefined,
): Promise<void> {
  const { tenantId, id: connectionId } = found;
  await trier.step('settings', () => settingsOf(found, provider));
  const open = await trier.step('secrets', () => secretsOf(tenantId, connectionId));
  if (open === undefined || provider === undefined) return trier.skip(['access']);
  if (oauthOf(provider) !== undefined)
    await trier.step('token', () => tokenOf(tenantId, connectionId, open));
  const { kind } = await admit(tenantId, connectionId, { insist: true });
  const http = connectionClient(provider, open.settings, {
    owner: { tenantId, connectionId, probe: kind === 'probe' },
    deadlineMs,
    retry: { retries: 0 },
  });
  const context = {
    http,
    settings: open.settings,
    secrets: open.secrets,
    now: new Date(),
    concurrency: 1,
  };
  try {
    await trier.step('access', async () =>
      say(
        undefined,
        await provider.check(context).then(() => 'The credentials are accepted and may read.'),
      ),
    );
    const { whoAmI } = provider;
    if (whoAmI !== undefined)
      await trier.step('account', async () =>
        say(
          undefined,
          (await whoAmI(context)) ??
            'The system does not say whose account this is, because there is nothing in it yet.',
        ),
      );
    const tried: Tried[] = [];
    for (const stream of provider.streams)
      await trier.step(`read ${stream.name}`, async () => readOnePage(stream, context, tried));
  } finally {
    await http.close();
  }
}

interface Outcome<T> {
  value: T;
  message: string;
}

const say = <T>(value: T, message: string): Outcome<T> => ({ value, message });

/** Tries one thing after the other; the first that fails keeps the rest from being tried. */
class Trier {
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
        mend: mendOf(error, name),
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
        message: 'Not tried, because of the step before.',
        mend: null,
      });
  }

  /** One list that cannot be read says nothing of the others. */
  #hasFailed(): boolean {
    return this.#steps.some(({ ok, step }) => ok === false && !step.startsWith('read '));
  }
}

function settingsOf(
  { settings, provider: key }: Connection,
  provider: ProviderDefinition | undefined,
): Promise<Outcome<undefined>> {
  if (provider === undefined)
    throw new Problem('bad_request', `This version knows no provider "${key}".`);
  const { baseUrl } = checkSettings(provider, settings as Record<string, unknown>) as {
    baseUrl: string;
  };
  return Promise.resolve(
    say(undefined, `They are usable; the system is at ${new URL(baseUrl).host}.`),
  );
}

async function secretsOf(tenantId: string, connectionId: string): Promise<Outcome<OpenConnection>> {
  const open = await openConnection(tenantId, connectionId);
  const names = open.provider.auth.secrets.map(({ name }) => name);
  const missing = names.filter((name) => (open.secrets[name] ?? '').trim() === '');
  if (missing.length > 0)
    throw new Problem('bad_request', `The secret ${missing.join(' and ')} is missing.`);
  return say(open, `All are there and can be opened: ${names.join(', ')}.`);
}

/**
 * Renews the token whether or not the one at hand would do: what is shown is that the secrets are
 * still good.
 */
async function tokenOf(
  tenantId: string,
  connectionId: string,
  { provider, settings }: OpenConnection,
): Promise<Outcome<undefined>> {
  const oauth = oauthOf(provider);
  if (oauth === undefined) return say(undefined, 'None is needed.');
  const owner = { tenantId, connectionId };
  const { access } = await withTenant(tenantId, (tx) => readTokens(tx, oauth, owner));
  const { secondsLeft } = await accessToken({ ...owner, provider: oauth, settings }, access?.token);
  const host = new URL(oauth.grant.tokenUrl(settings)).host;
  return say(
    undefined,
    `${host} gave one${secondsLeft === null ? '' : ` for ${Math.round(secondsLeft / 60)} minutes`}.`,
  );
}
