import { and, eq } from 'drizzle-orm';
import { applyLeadChange } from '../../ingest/apply.ts';
import { hashPushedCopy } from '../../ingest/pushed-copies.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { leads } from '../../schema/leads.ts';
import { findCopiedLead, type ConnectionKey, type Copy, type PullCandidate } from './pending.ts';

/**
 * Marks the copies of a lead as copies of it, or as leads of their own when no push backs them any
 * more: only a copy that a push backs is hidden.
 */
export async function updatePushedCopies(
  tx: Tx,
  key: ConnectionKey,
  candidate: PullCandidate,
  leadId: string,
): Promise<void> {
  const wanted = findCopiedLead(candidate);
  for (const row of await findCopies(tx, key, candidate, leadId))
    if (row.mirrorOf !== wanted) await updatePushedCopy(tx, row, wanted);
}

/** With a push, its record; without one, only the rows themselves tell what they are copies of. */
async function findCopies(
  tx: Tx,
  { tenantId, connectionId }: ConnectionKey,
  { push, copy }: PullCandidate,
  leadId: string,
): Promise<Copy[]> {
  if (push !== undefined) return copy === undefined ? [] : [copy];
  const copies = and(
    eq(leads.tenantId, tenantId),
    eq(leads.connectionId, connectionId),
    eq(leads.mirrorOf, leadId),
  );
  return tx.select().from(leads).where(copies);
}

async function updatePushedCopy(tx: Tx, before: Copy, mirrorOf: string | null): Promise<void> {
  const contentHash = hashPushedCopy(before.contentHash, inferClaim(before, mirrorOf), mirrorOf);
  await applyLeadChange(tx, before, { mirrorOf, contentHash });
}

/** Which lead the item claimed to be a copy of, as far as the digest of its row tells. */
function inferClaim({ contentHash, mirrorOf }: Copy, wanted: string | null): string | null {
  if (hashPushedCopy(contentHash, mirrorOf, mirrorOf) === contentHash) return mirrorOf;
  return mirrorOf === null ? wanted : null;
}
