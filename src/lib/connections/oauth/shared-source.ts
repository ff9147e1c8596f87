import { eq, and } from 'drizzle-orm';
import type { Tx } from '../../platform/db/pool.ts';
import { RemoteError } from '../../platform/http/errors.ts';
import { connections } from '../../schema/connections.ts';
import { describeRefusal } from '../sharing/health.ts';
import { readOwner, type Sharer } from '../sharing/rows.ts';
import type { TokenSource } from './store.ts';

/**
 * Runs `use` with the connection whose authorization this one uses, or with itself. The owner's
 * settings go along: they name the token endpoint that may see its refresh token. A refusal says in
 * the words of this connection who has to sign in again.
 */
export async function withOwner<T>(
  source: TokenSource,
  use: (owner: TokenSource) => Promise<T>,
): Promise<T> {
  const { tenantId, connectionId, provider } = source;
  const owner = await readOwner({ tenantId, connectionId }, selectOwner);
  if (owner === undefined) return use(source);
  try {
    return await use({ ...source, ...owner, settings: provider.parseSettings(owner.settings) });
  } catch (error) {
    if (!(error instanceof RemoteError) || error.kind !== 'auth') throw error;
    const isOwnWorkspace = owner.tenantId === tenantId;
    throw new RemoteError('auth', describeRefusal(provider.label, isOwnWorkspace), {
      ...(error.status !== undefined && { status: error.status }),
    });
  }
}

async function selectOwner(tx: Tx, owner: Sharer): Promise<Sharer & { settings: unknown }> {
  const [row] = await tx
    .select({ settings: connections.settings })
    .from(connections)
    .where(and(eq(connections.tenantId, owner.tenantId), eq(connections.id, owner.connectionId)));
  return { ...owner, settings: row?.settings };
}
