import { and, eq, inArray, isNull, lte, or, sql } from 'drizzle-orm';
import type { Tx } from '../../platform/db/pool.ts';
import { RemoteError } from '../../platform/http/errors.ts';
import { retryInTenant } from '../../identity/tenancy/with-tenant.ts';
import { credentials } from '../../schema/connections.ts';
import { openSecret, sealSecret } from '../seal.ts';
import { followAccount } from './account.ts';
import type { OAuthProvider } from './token-endpoint.ts';
import type { TokenResponse } from './token-answer.ts';

/** The stored connection that a token is for. */
export interface TokenOwner {
  tenantId: string;
  connectionId: string;
}

/** The connection that needs a token, and how its provider issues one. */
export interface TokenSource extends TokenOwner {
  provider: OAuthProvider;
  settings: unknown;
}

/** An access token as it is stored. */
export interface AccessToken {
  token: string;
  /** Null when the source gave no lifetime. */
  secondsLeft: number | null;
  /** False when it is due for renewal: the smaller of a tenth of its life and 5 minutes is left. */
  fresh: boolean;
}

/** The tokens and secrets of a connection, read at one moment. */
export interface TokenState {
  access: AccessToken | undefined;
  /** What a person entered, with the refresh token in its latest rotation. */
  secrets: Record<string, string>;
  /** The secret that is exchanged for a token; its row holds the lease. */
  holder: { name: string; version: number; leaseSeconds: number };
  /** Whether that secret is in the last tenth of its own life. */
  refreshDue: boolean;
}

const accessName = 'accessToken';
const refreshName = 'refreshToken';
/** Longer than the deadline of a token request (`tokenDeadlineMs`, 20 s). */
const leaseSeconds = 30;
/** All times are the database's, because the clocks of processes may differ. */
const secondsUntil = (at: typeof credentials.expiresAt | typeof credentials.leaseUntil) =>
  sql<number | null>`extract(epoch from ${at} - clock_timestamp())::float8`;

/** An access token is renewed this long before it expires, at most. */
const maxMarginSeconds = 300;

/** How long before its expiry a token with a life of so many seconds is renewed. */
const computeMarginSeconds = (life: number): number => Math.min(life / 10, maxMarginSeconds);

/**
 * Reads and decrypts the tokens of a connection. Throws RemoteError `auth` when there is no secret
 * to exchange for a token.
 */
export async function readTokens(
  tx: Tx,
  provider: OAuthProvider,
  owner: TokenOwner,
): Promise<TokenState> {
  const rows = await tx.select(tokenColumns).from(credentials).where(ownedBy(owner));
  const wanted = provider.grant.kind === 'refresh_token' ? refreshName : provider.secretNames[0];
  const holder = rows.find(({ name }) => name === wanted);
  if (holder === undefined)
    throw new RemoteError(
      'auth',
      `There are no stored credentials to renew the access to ${provider.label}. Connect it again.`,
    );
  const access = rows.find(({ name }) => name === accessName);
  return {
    access: access && toAccessToken(access),
    secrets: {
      ...provider.appSecrets,
      ...openSecrets(rows.filter(({ name }) => name !== accessName)),
    },
    holder: {
      name: holder.name,
      version: holder.version,
      leaseSeconds: Math.max(holder.leaseSeconds ?? 0, 0),
    },
    refreshDue: holder.secondsLeft !== null && holder.secondsLeft < (holder.life ?? 0) / 10,
  };
}

const tokenColumns = {
  tenantId: credentials.tenantId,
  connectionId: credentials.connectionId,
  name: credentials.name,
  sealed: credentials.sealed,
  version: credentials.version,
  secondsLeft: secondsUntil(credentials.expiresAt),
  life: sql<
    number | null
  >`extract(epoch from ${credentials.expiresAt} - ${credentials.updatedAt})::float8`,
  leaseSeconds: secondsUntil(credentials.leaseUntil),
};

interface SealedRow extends TokenOwner {
  name: string;
  sealed: Buffer;
}

const openSecrets = (rows: SealedRow[]): Record<string, string> =>
  Object.fromEntries(rows.map((row) => [row.name, openSecret(row, row.sealed)]));

function toAccessToken(
  row: SealedRow & { secondsLeft: number | null; life: number | null },
): AccessToken {
  const { secondsLeft, life } = row;
  return {
    token: openSecret(row, row.sealed),
    secondsLeft,
    fresh: secondsLeft === null || secondsLeft > computeMarginSeconds(life ?? 0),
  };
}

/**
 * Takes the lease if it is free and the secret is still the one that was read, and reads the state
 * again under the lease; undefined when the lease could not be taken.
 */
export function acquireLease(
  provider: OAuthProvider,
  owner: TokenOwner,
  seen: TokenState,
  leaseOwner: string,
): Promise<TokenState | undefined> {
  return retryInTenant(owner.tenantId, async (tx) => {
    // A lease of our own counts as free: it may have been committed although the response was lost.
    const free = or(
      isNull(credentials.leaseUntil),
      lte(credentials.leaseUntil, sql`clock_timestamp()`),
      eq(credentials.leaseOwner, leaseOwner),
    );
    const acquired = await tx
      .update(credentials)
      .set({ leaseOwner, leaseUntil: inSeconds(leaseSeconds) })
      .where(and(whereHolder(owner, seen), free))
      .returning({ name: credentials.name });
    return acquired.length === 0 ? undefined : readTokens(tx, provider, owner);
  });
}

/**
 * Releases the lease, or extends it by `pauseSeconds` to keep all processes from the token
 * endpoint. Does nothing if another process has taken the lease.
 */
export async function releaseLease(
  owner: TokenOwner,
  held: TokenState,
  leaseOwner: string,
  pauseSeconds = 0,
): Promise<void> {
  const own = and(
    ownedBy(owner),
    eq(credentials.name, held.holder.name),
    eq(credentials.leaseOwner, leaseOwner),
  );
  await retryInTenant(owner.tenantId, (tx) =>
    tx
      .update(credentials)
      .set({ leaseOwner: null, leaseUntil: pauseSeconds > 0 ? inSeconds(pauseSeconds) : null })
      .where(own),
  );
}

/**
 * Stores the tokens of a response in one transaction, before any of them is used. False when the
 * secret was replaced meanwhile. It checks the secret's version, not the lease: even after the
 * lease has expired, a rotated refresh token is the only valid one unless a newer one was stored.
 */
export function storeTokens(
  { tenantId, connectionId, provider }: TokenOwner & { provider: OAuthProvider },
  held: TokenState,
  response: TokenResponse,
): Promise<boolean> {
  const owner = { tenantId, connectionId };
  return retryInTenant(tenantId, async (tx) => {
    if (!(await storeRotatedToken(tx, owner, held, response))) return false;
    await storeAccessToken(tx, owner, response);
    await followAccount(tx, owner, provider, response.account);
    return true;
  });
}

/**
 * Stores the tokens of a sign-in, after its refresh token was stored as a secret of the connection.
 */
export async function storeFirstTokens(
  tx: Tx,
  owner: TokenOwner,
  response: TokenResponse,
): Promise<void> {
  await tx
    .update(credentials)
    .set({ expiresAt: inSeconds(response.refreshLifeSeconds), updatedAt: sql`clock_timestamp()` })
    .where(and(ownedBy(owner), eq(credentials.name, refreshName)));
  await storeAccessToken(tx, owner, response);
}

async function storeAccessToken(tx: Tx, owner: TokenOwner, response: TokenResponse): Promise<void> {
  const access = {
    ...sealSecret({ ...owner, name: accessName }, response.accessToken),
    expiresAt: inSeconds(response.lifeSeconds),
    updatedAt: sql`clock_timestamp()`,
  };
  await tx
    .insert(credentials)
    .values({ ...owner, name: accessName, ...access })
    .onConflictDoUpdate({
      target: [credentials.tenantId, credentials.connectionId, credentials.name],
      set: { ...access, version: sql`${credentials.version} + 1` },
    });
}

/**
 * As `storeTokens`, but stores only the rotated refresh token: the access token is for another API.
 */
export function storeRotatedRefreshToken(
  { tenantId, connectionId }: TokenOwner,
  held: TokenState,
  response: TokenResponse,
): Promise<boolean> {
  return retryInTenant(tenantId, (tx) =>
    storeRotatedToken(tx, { tenantId, connectionId }, held, response),
  );
}

async function storeRotatedToken(
  tx: Tx,
  owner: TokenOwner,
  held: TokenState,
  response: TokenResponse,
): Promise<boolean> {
  const rotated =
    response.refreshToken === undefined
      ? {}
      : {
          ...sealSecret({ ...owner, name: held.holder.name }, response.refreshToken),
          version: sql`${credentials.version} + 1`,
          updatedAt: sql`clock_timestamp()`,
          expiresAt: inSeconds(response.refreshLifeSeconds),
        };
  const kept = await tx
    .update(credentials)
    .set({ leaseOwner: null, leaseUntil: null, ...rotated })
    .where(whereHolder(owner, held))
    .returning({ name: credentials.name });
  return kept.length > 0;
}

/** Deletes the access token, which belongs to a grant that a person has replaced. */
export async function deleteAccessToken(tx: Tx, owner: TokenOwner): Promise<void> {
  await tx.delete(credentials).where(and(ownedBy(owner), eq(credentials.name, accessName)));
}

/** Deletes secrets of a connection by their names. */
export async function deleteSecrets(
  tx: Tx,
  owner: TokenOwner,
  names: readonly string[],
): Promise<void> {
  await tx.delete(credentials).where(and(ownedBy(owner), inArray(credentials.name, [...names])));
}

const ownedBy = ({ tenantId, connectionId }: TokenOwner) =>
  and(eq(credentials.tenantId, tenantId), eq(credentials.connectionId, connectionId));
const whereHolder = (owner: TokenOwner, { holder }: TokenState) =>
  and(ownedBy(owner), eq(credentials.name, holder.name), eq(credentials.version, holder.version));
const inSeconds = (seconds: number | undefined) =>
  seconds === undefined ? sql`null` : sql`clock_timestamp() + make_interval(secs => ${seconds})`;
