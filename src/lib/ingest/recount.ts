import { sql } from 'drizzle-orm';
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

/** In order: the counts of pipeline stages depend on the hot list. */
const recounts: Partial<Record<EntityName, readonly Recount[]>> = {
  lead: [recountLeadMetrics, recountCompanyDomains],
  opportunity: [recountHotListItems, recountPipelineStageCounts, recountStageEntries],
  note: [recountNoteCounts, recountLastContact],
  scheduledActivity: [recountActivityCounts, recountLastContact],
  referral: [recountCompanyDomains],
  company: [recountCompanyDomains],
  contact: [recountCompanyDomains],
};

/**
 * Makes the rollups of an entity equal the sums of its live rows. The difference is added, like the
 * changes of a page, so pages that are stored at the same time do not interfere; two recounts take
 * turns.
 */
export async function recountSummaries(tx: Tx, name: EntityName, tenantId: string): Promise<void> {
  await tx.execute(
    sql`select pg_advisory_xact_lock(hashtextextended(${`recount ${tenantId}`}, 0))`,
  );
  for (const recount of recounts[name] ?? []) await recount(tx, tenantId);
}
