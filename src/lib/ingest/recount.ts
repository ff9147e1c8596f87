import { sql } from 'drizzle-orm';
import { applyDealCopies } from './apply.ts';
import { listLinkedDeals, lockDealCopies } from './links/deal-copies.ts';
import { recountMatches } from './links/match.ts';
import { recountLastContact } from '../entities/lead/last-contact.ts';
import type { EntityName } from '../records/registry.ts';
import type { Tx } from '../platform/db/pool.ts';
import { recountCompanyDomains } from '../scoring/company-domains/refresh.ts';
import { recountActivityCounts, recountNoteCounts } from '../summaries/dated-counts/refresh.ts';
import { recountHotListItems } from '../summaries/hot-list-items/refresh.ts';
import { recountLeadMetrics } from '../summaries/lead-metrics/refresh.ts';
import { recountPipelineStageCounts } from '../summaries/pipeline-stage-counts/refresh.ts';
import { recountStageEntries } from '../summaries/stage-entries/refresh.ts';

type Recount = (tx: Tx, tenantId: string) => Promise<void>;

/** In order: what is counted depends on the copies, and pipeline stages on the hot list. */
const recounts: Partial<Record<EntityName, readonly Recount[]>> = {
  lead: [recountLeadMetrics, recountCompanyDomains, recountMatches],
  opportunity: [
    recountDealCopies,
    recountHotListItems,
    recountPipelineStageCounts,
    recountStageEntries,
  ],
  note: [recountNoteCounts, recountLastContact],
  scheduledActivity: [recountActivityCounts, recountLastContact],
  referral: [recountCompanyDomains],
  company: [recountCompanyDomains, recountMatches],
  contact: [recountCompanyDomains, recountMatches],
};

/**
 * Makes the rollups of an entity equal the sums of its live rows. The difference is added, like the
 * changes of a page, so pages that are stored at the same time do not interfere; two recounts take
 * turns.
 */
export async function recountSummaries(tx: Tx, name: EntityName, tenantId: string): Promise<void> {
  // Before the lock of recounts, because pages take this one first.
  if (name === 'opportunity') await lockDealCopies(tx, tenantId);
  await tx.execute(
    sql`select pg_advisory_xact_lock(hashtextextended(${`recount ${tenantId}`}, 0))`,
  );
  for (const recount of recounts[name] ?? []) await recount(tx, tenantId);
}

/** Looks again at which opportunities are copies: links may be older than the rules. */
async function recountDealCopies(tx: Tx, tenantId: string): Promise<void> {
  for (const ends of await listLinkedDeals(tx, tenantId)) await applyDealCopies(tx, tenantId, ends);
}
