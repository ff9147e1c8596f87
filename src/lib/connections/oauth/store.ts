import { and, eq, isNull, lte, or, sql } from 'drizzle-orm';
import type { Tx } from '../../platform/db/pool.ts';
import { RemoteError } from '../../platform/http/errors.ts';
import { withTenant } from '../../identity/tenancy/with-tenant.ts';
import { credentials } from '../../schema/connections.ts';
import { openSecret, sealSecret } from '../seal.ts';
import type { OAuthProvider, TokenResponse } from './token-endpoint.ts';

/** The stored connection that a token is for. */
export interface TokenOwner {
  tenantId: string;
  connectionId: string;
}

/** An access token as it is stored. */
export interface AccessToken {
  token: string;
  /** Null when the source did not say. */
  secondsLeft: number | null;
  /**
   * False when it is to be renewed although it may still be good: less than a tenth of its life, or
   * 5 minutes, is left.
   */
  fresh: boolean;
}

/** What a connection has to go by, read at one moment. */
export interface TokenState {
  access: AccessToken | undefined;
  /** What a person entered, and the refresh token as it was rotated. */
  secrets: Record<string, string>;
  /** The secret under whose row the lease is kept: the one that is exchanged for a token. */
  holder: { name: string; version: number; leaseSeconds: number };
  /** Whether the secret that is exchanged is in the last tenth of its own life. */
  refreshDue: boolean;
}

const accessName = 'accessToken';
const refreshName = 'refreshToken';
/** Longer than a token request can take. */
const leaseSeconds = 30;
/** All times are those of the database: the processes' clocks may differ. */
const secondsUntil = (at: typeof credentials.expiresAt | typeof credentials.leaseUntil) =>
  sql<number | null>`extract(epoch from ${at} - clock_timestamp())::float8`;

/** Less than this is left: a tenth of a life of so many seconds, or 5 minutes. */
const computeMarginSeconds = (life: number): number => Math.min(life / 10, 300);

export async function readTokens(
  tx: Tx,
  provider: OAuthProvider,
  owner: TokenOwner,
): Promise<TokenState> {
  const rows = await tx
    .select({
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
    })
    .from(credentials)
    .where(ownedBy(owner));
  const wanted = provider.grant.kind === 'refresh_token' ? refreshName : provider.secretNames[0];
  const holder = rows.find(({ name }) => name === wanted);
  if (holder === undefined)
    throw new RemoteError(
      'auth',
      `${provider.label} has no credentials to renew its access with. Connect it again.`,
    );
  const access = rows.find(({ name }) => name === accessName);
  return {
    access: access && {
      token: openSecret(access, access.sealed),
      secondsLeft: access.secondsLeft,
      fresh:
        access.secondsLeft === null || access.secondsLeft > computeMarginSeconds(access.life ?? 0),
    },
    secrets: Object.fromEntries(
      rows
        .filter(({ name }) => name !== accessName)
        .map((row) => [row.name, openSecret(row, row.sealed)]),
    ),
    holder: {
      name: holder.name,
      version: holder.version,
      leaseSeconds: Math.max(holder.leaseSeconds ?? 0, 0),
    },
    refreshDue: holder.secondsLeft !== null && holder.secondsLeft < (holder.life ?? 0) / 10,
  };
}

/**
 * Takes the lease if it is free and the secret is still the one that was read. The state is read
 * again under it.
 */
export function acquireLease(
  provider: OAuthProvider,
  owner: TokenOwner,
  seen: TokenState,
  leaseOwner: string,
): Promise<TokenState | undefined> {
  return withTenant(owner.tenantId, async (tx) => {
    // One's own lease too: its taking may have been committed without our hearing of it.
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
 * Gives the lease back, or keeps everybody off the token endpoint for so many seconds. Whoever lost
 * the lease changes nothing.
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
  await withTenant(owner.tenantId, (tx) =>
    tx
      .update(credentials)
      .set({ leaseOwner: null, leaseUntil: pauseSeconds > 0 ? inSeconds(pauseSeconds) : null })
      .where(own),
  );
}

/**
 * Stores what the token endpoint gave, in one transaction and before any of it is used. False when
 * the secret was replaced meanwhile. The lease is not asked for: even when it ran out, a refresh
 * token that was rotated is the only good one as long as nobody stored a newer one, and the version
 * tells that.
 */
export function storeTokens(
  { tenantId, connectionId }: TokenOwner,
  held: TokenState,
  response: TokenResponse,
): Promise<boolean> {
  const owner = { tenantId, connectionId };
  return withTenant(tenantId, async (tx) => {
    if (!(await storeRotatedToken(tx, owner, held, response))) return false;
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
    return true;
  });
}

/**
 * As `storeTokens`, for an access token that is for something else than the connection's own: of
 * the answer only the rotated refresh token is stored.
 */
export function storeRotatedRefreshToken(
  { tenantId, connectionId }: TokenOwner,
  held: TokenState,
  response: TokenResponse,
): Promise<boolean> {
  return withTenant(tenantId, (tx) =>
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

/** Forgets the access token: it belongs to a grant that a person has replaced. */
export async function deleteAccessToken(tx: Tx, owner: TokenOwner): Promise<void> {
  await tx.delete(credentials).where(and(ownedBy(owner), eq(credentials.name, accessName)));
}

const ownedBy = ({ tenantId, connectionId }: TokenOwner) =>
  and(eq(credentials.tenantId, tenantId), eq(credentials.connectionId, connectionId));
const whereHolder = (owner: TokenOwner, { holder }: TokenState) =>
  and(ownedBy(owner), eq(credentials.name, holder.name), eq(credentials.version, holder.version));
const inSeconds = (seconds: number | undefined) =>
  seconds === undefined ? sql`null` : sql`clock_timestamp() + make_interval(secs => ${seconds})`;
