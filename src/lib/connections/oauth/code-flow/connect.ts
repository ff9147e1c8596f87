import { and, eq, sql } from 'drizzle-orm';
import type { Tx } from '../../../platform/db/pool.ts';
import { Problem } from '../../../platform/errors.ts';
import type { TokenAccount } from '../../../connectors/contract/auth.ts';
import type { ProviderDefinition } from '../../../connectors/contract/provider.ts';
import { readTenant } from '../../../identity/tenancy/with-tenant.ts';
import { authorizations } from '../../../schema/connections.ts';
import { checkToken } from '../../check.ts';
import { checkSettings } from '../../validate.ts';
import { followAccount } from '../account.ts';
import { getAppSecrets } from '../app.ts';
import { connectSignIn, type SignIn } from '../sign-in.ts';
import { deleteSecrets, storeFirstTokens } from '../store.ts';
import type { TokenResponse } from '../token-answer.ts';
import { requireCodeGrant } from './start.ts';

/** What a sign-in has yielded. */
interface Yield {
  /** What the person entered. */
  secrets: Record<string, string>;
  tokens: TokenResponse;
  userId: string;
}

/**
 * Connects the account that a person has signed in to, or refuses it as a whole. Throws Problem
 * `bad_request` for an answer that cannot be used: without a refresh token, for an address that is
 * not the provider's, without a scope that is needed, or for another account than the connection's.
 */
export async function connectReturned(
  signIn: SignIn,
  provider: ProviderDefinition,
  { secrets, tokens, userId }: Yield,
): Promise<void> {
  const { tenantId, connectionId } = signIn;
  const refreshToken = requireRefreshToken(provider, tokens);
  const given = moveTo(signIn.settings as Record<string, unknown>, tokens.account);
  const settings = checkSettings(provider, given);
  requireScopes(provider, settings, tokens);
  if (connectionId !== null) await requireSameAccount({ tenantId, connectionId }, provider, tokens);
  const all = { ...secrets, refreshToken };
  const access = { ...getAppSecrets(provider), ...all };
  const refusal = await checkToken(provider, settings, access, tokens.accessToken);
  if (refusal !== null) throw new Problem('bad_request', refusal);
  await connectSignIn(signIn, provider, {
    secrets: all,
    settings: given,
    accountId: tokens.account.id,
    by: userId,
    also: async (tx, id) => {
      const owner = {
        tenantId,
        connectionId: id,
      };
      await deleteSecrets(tx, owner, Object.keys(getAppSecrets(provider)));
      await storeFirstTokens(tx, owner, tokens);
      await followAccount(tx, owner, provider, tokens.account);
      await storeAuthorization(tx, owner, {
        accountId: tokens.account.id ?? null,
        accountName: tokens.account.name ?? null,
        scopesAsked: listAsked(provider, settings),
        scopesGranted: tokens.scopes === null ? null : [...tokens.scopes],
        authorizedBy: userId,
      });
    },
  });
}

function requireRefreshToken({ label }: ProviderDefinition, { refreshToken }: TokenResponse) {
  if (refreshToken !== undefined) return refreshToken;
  throw new Problem(
    'bad_request',
    `${label} gave access for a moment only (no refresh token), so nothing was connected. Allow ` +
      'offline access for the app there and sign in again.',
  );
}

const moveTo = (settings: Record<string, unknown>, { baseUrl }: TokenAccount) =>
  baseUrl === undefined ? settings : { ...settings, baseUrl };

function requireScopes(
  provider: ProviderDefinition,
  settings: unknown,
  { scopes }: TokenResponse,
): void {
  const needed = requireCodeGrant(provider).scopes(settings);
  const missing = scopes === null ? [] : needed.filter((scope) => !scopes.includes(scope));
  if (missing.length === 0) return;
  throw new Problem(
    'bad_request',
    `${provider.label} did not give a permission that is needed (${missing.join(', ')}), so ` +
      'nothing was connected. Sign in again and leave every permission ticked; if it is not ' +
      'offered, add it to the app there.',
  );
}

async function requireSameAccount(
  { tenantId, connectionId }: { tenantId: string; connectionId: string },
  { label }: ProviderDefinition,
  { account }: TokenResponse,
): Promise<void> {
  const [known] = await readTenant(tenantId, (tx) =>
    tx
      .select()
      .from(authorizations)
      .where(
        and(eq(authorizations.tenantId, tenantId), eq(authorizations.connectionId, connectionId)),
      ),
  );
  const before = known?.accountId ?? null;
  if (before === null || account.id === undefined || before === account.id) return;
  // The account of a sign-in that was shared is nobody's here to know.
  const own = (known?.authorizedBy ?? null) === null ? '' : ` (${known?.accountName ?? before})`;
  throw new Problem(
    'bad_request',
    `You signed in to another account of ${label} (${account.name ?? account.id}) than this ` +
      `connection's${own}, so nothing was changed. Sign out there and ` +
      'sign in as a user of the right account, or connect the other one as a new connection.',
  );
}

function listAsked(provider: ProviderDefinition, settings: unknown): string[] {
  const grant = requireCodeGrant(provider);
  return [...grant.scopes(settings), ...(grant.optionalScopes?.(settings) ?? [])];
}

async function storeAuthorization(
  tx: Tx,
  owner: { tenantId: string; connectionId: string },
  values: Omit<typeof authorizations.$inferInsert, 'tenantId' | 'connectionId'>,
): Promise<void> {
  await tx
    .insert(authorizations)
    .values({ ...owner, ...values })
    .onConflictDoUpdate({
      target: [authorizations.tenantId, authorizations.connectionId],
      set: { ...values, authorizedAt: sql`now()` },
    });
}
