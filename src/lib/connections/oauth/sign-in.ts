import { and, eq, gt, sql } from 'drizzle-orm';
import type { Tx } from '../../platform/db/pool.ts';
import { Problem } from '../../platform/errors.ts';
import { isId, newId } from '../../platform/id.ts';
import { log } from '../../platform/log.ts';
import { chooseAuth, findAuth } from '../../connectors/choose-auth.ts';
import type { ProviderDefinition } from '../../connectors/contract/provider.ts';
import { getProvider, providers } from '../../connectors/registry.ts';
import { recordAudit } from '../../identity/audit/record.ts';
import { withTenant } from '../../identity/tenancy/with-tenant.ts';
import { enqueue } from '../../jobs/queue.ts';
import { deviceAuthorizations } from '../../schema/connections.ts';
import { insertConnection, openConnection, unknownConnectionProblem } from '../connections.ts';
import { enableProviderFeatures, replaceSecrets } from '../manage.ts';
import { sealSignInSecrets, type SignInSecrets } from './sealed.ts';

/*
 * A sign-in on the provider's pages, whichever way it goes: device-flow/ polls until a person has
 * entered a code there, code-flow/ sends the person there and waits for their return. Until it ends
 * it is a row without effect; in one transaction it becomes a connection with all its secrets.
 */

/** A stored sign-in. */
export type SignIn = typeof deviceAuthorizations.$inferSelect;

/** An account to connect by signing in. */
export interface SignInRequest {
  tenantId: string;
  provider: string;
  /** Key of the way to authenticate; absent or null for the provider's first one. */
  auth?: string | null;
  label: string;
  settings: Record<string, unknown>;
  /** All that a person enters; the sign-in yields the tokens. */
  secrets: Record<string, string>;
  requestedBy: string;
}

/** How a sign-in goes on. Times are in seconds. */
interface Course {
  /** What a person enters at the provider; absent when they are sent there and back. */
  code?: { userCode: string; verificationUrl: string; intervalSeconds: number };
  lifetimeSeconds: number;
  /** When a job looks at it for the first time. */
  lookAfterSeconds: number;
}

/** The provider and way that a form names. Throws Problem `bad_request`. */
function findChosen({
  provider: key,
  auth = null,
}: Pick<SignInRequest, 'provider' | 'auth'>): ProviderDefinition {
  const provider = providers.find((candidate) => candidate.key === key);
  const chosen = provider && findAuth(provider, auth);
  if (chosen !== undefined) return chosen;
  throw new Problem('bad_request', 'Choose a system from the list.');
}

/** A sign-in to be stored, and the provider in the way that was chosen. */
export interface ChosenSignIn {
  provider: ProviderDefinition;
  request: SignInRequest & { connectionId: string | null };
}

/** The sign-in for a new connection. Throws Problem `bad_request`. */
export function forNewConnection(request: SignInRequest): ChosenSignIn {
  const provider = findChosen(request);
  const label = request.label.trim() || provider.label;
  return { provider, request: { ...request, connectionId: null, label } };
}

/**
 * The sign-in for an existing connection, which keeps its id and its data; secrets that are left
 * blank stay as they are. Throws Problem `not_found`.
 */
export async function forExistingConnection(
  tenantId: string,
  connectionId: string,
  secrets: Record<string, string>,
  requestedBy: string,
): Promise<ChosenSignIn> {
  if (!isId(connectionId)) throw unknownConnectionProblem();
  const { provider, connection, secrets: stored } = await openConnection(tenantId, connectionId);
  const { auth, label } = connection;
  const given = Object.entries(secrets).filter(([, value]) => value.trim() !== '');
  return {
    provider,
    request: {
      tenantId,
      connectionId,
      provider: provider.key,
      auth,
      label,
      settings: connection.settings as Record<string, unknown>,
      secrets: { ...stored, ...Object.fromEntries(given) },
      requestedBy,
    },
  };
}

/** The provider of a stored sign-in. */
export const providerOf = ({ provider, auth }: Pick<SignIn, 'provider' | 'auth'>) =>
  chooseAuth(getProvider(provider), auth);

/** Throws Problem `conflict` when `maxPending` sign-ins of the workspace wait for a person. */
export async function assertFewPending(tenantId: string, maxPending: number): Promise<void> {
  const waiting = and(
    eq(deviceAuthorizations.tenantId, tenantId),
    eq(deviceAuthorizations.state, 'waiting'),
    gt(deviceAuthorizations.expiresAt, sql`now()`),
  );
  const rows = await withTenant(tenantId, (tx) =>
    tx
      .select({ id: deviceAuthorizations.id })
      .from(deviceAuthorizations)
      .where(waiting)
      .limit(maxPending),
  );
  if (rows.length === maxPending)
    throw new Problem(
      'conflict',
      'Several sign-ins are waiting for somebody already. Finish one of them, or wait until they ' +
        'expire.',
    );
}

/** Stores a sign-in and queues the job that follows it until it ends. Returns its id. */
export async function storeSignIn(
  request: ChosenSignIn['request'],
  secrets: SignInSecrets,
  { code, lifetimeSeconds, lookAfterSeconds }: Course,
): Promise<string> {
  const { tenantId, provider, auth = null, label, settings, connectionId, requestedBy } = request;
  const id = newId();
  await withTenant(tenantId, async (tx) => {
    await tx.insert(deviceAuthorizations).values({
      tenantId,
      id,
      provider,
      auth,
      label,
      settings,
      connectionId,
      requestedBy,
      ...code,
      ...sealSignInSecrets({ tenantId, id }, secrets),
      expiresAt: sql`now() + make_interval(secs => ${lifetimeSeconds})`,
    });
    await recordAudit(tx, {
      tenantId,
      action: 'connection.sign_in_started',
      target: { type: 'connection', id: connectionId, label },
      after: { provider },
    });
    const startAfter = new Date(Date.now() + lookAfterSeconds * 1000);
    await enqueue('poll-consent', { tenantId, consentId: id }, { key: id, startAfter, tx });
  });
  return id;
}

/** What a completed sign-in gives a connection. */
interface Outcome {
  /** All secrets to store, the refresh token among them. */
  secrets: Record<string, string>;
  /** Who switched the provider's features on thereby. */
  by: string | null;
  /** The account that the provider named. */
  accountId?: string | undefined;
  /** Those of a new connection; absent when they are as requested. */
  settings?: Record<string, unknown>;
  /** What is stored with the connection, in the same transaction. */
  also?: (tx: Tx, connectionId: string) => Promise<void>;
}

/**
 * Stores the connection with all its secrets and ends the sign-in, in one transaction. Does nothing
 * if the sign-in has ended meanwhile.
 */
export async function connectSignIn(
  signIn: SignIn,
  provider: ProviderDefinition,
  { by, ...outcome }: Outcome,
): Promise<void> {
  const { tenantId, id } = signIn;
  await withTenant(tenantId, async (tx) => {
    const [locked] = await tx
      .select({ state: deviceAuthorizations.state })
      .from(deviceAuthorizations)
      .where(whereSignIn(tenantId, id))
      .for('update');
    if (locked?.state !== 'waiting') return;
    const connection = await storeConnection(tx, signIn, provider, outcome);
    await outcome.also?.(tx, connection.id);
    await tx
      .update(deviceAuthorizations)
      .set({ state: 'connected', sealed: null, message: null, connectionId: connection.id })
      .where(whereSignIn(tenantId, id));
  });
  await enableProviderFeatures(tenantId, provider, by);
  log.info(
    { event: 'consent.connected', tenantId, provider: provider.key },
    'An account was connected by signing in',
  );
}

function storeConnection(
  tx: Tx,
  { tenantId, connectionId, label, auth, settings }: SignIn,
  provider: ProviderDefinition,
  outcome: Omit<Outcome, 'by'>,
): Promise<{ id: string }> {
  const { secrets, accountId } = outcome;
  if (connectionId !== null)
    return replaceSecrets(tx, provider, { tenantId, id: connectionId }, secrets, accountId);
  const own = outcome.settings ?? (settings as Record<string, unknown>);
  return insertConnection(tx, {
    tenantId,
    provider: provider.key,
    auth,
    label,
    settings: own,
    secrets,
  });
}

/** Ends a sign-in and deletes its code and all secrets that were entered. */
export async function endSignIn(
  { tenantId, id }: SignIn,
  state: 'refused' | 'expired',
  message: string,
): Promise<void> {
  await withTenant(tenantId, (tx) =>
    tx
      .update(deviceAuthorizations)
      .set({ state, message, sealed: null })
      .where(and(whereSignIn(tenantId, id), eq(deviceAuthorizations.state, 'waiting'))),
  );
  log.info(
    { event: 'consent.ended', tenantId, kind: state },
    'A sign-in ended without a connection',
  );
}

/** The condition for the row of one sign-in. */
export const whereSignIn = (tenantId: string, id: string) =>
  and(eq(deviceAuthorizations.tenantId, tenantId), eq(deviceAuthorizations.id, id));
