import type { Change } from '../entities/definition.ts';
import { refreshLastContact, refreshLastContactOfLeads } from '../entities/lead/last-contact.ts';
import { refreshLeadSearchTokens } from '../entities/lead/search-index.ts';
import type { EntityName } from '../records/registry.ts';
import type { Tx } from '../platform/db/pool.ts';
import { refreshCompanyDomains } from '../scoring/company-domains/refresh.ts';
import { refreshActivityCounts, refreshNoteCounts } from '../summaries/dated-counts/refresh.ts';
import { refreshHotListItems } from '../summaries/hot-list-items/refresh.ts';
import { refreshLeadMetrics } from '../summaries/lead-metrics/refresh.ts';
import { refreshPipelineStageCounts } from '../summaries/pipeline-stage-counts/refresh.ts';
import { refreshStageEntries } from '../summaries/stage-entries/refresh.ts';

type Refresh<Name extends EntityName> = (
  tx: Tx,
  tenantId: string,
  changes: readonly Change<Name>[],
) => Promise<void>;

const derived: { [Name in EntityName]: readonly Refresh<Name>[] } = {
  lead: [
    refreshLeadMetrics,
    refreshCompanyDomains('lead'),
    refreshLeadSearchTokens,
    refreshLastContactOfLeads,
  ],
  opportunity: [refreshPipelineStageCounts, refreshStageEntries, refreshHotListItems],
  note: [refreshNoteCounts, refreshLastContact],
  scheduledActivity: [refreshActivityCounts, refreshLastContact],
  stage: [],
  referral: [refreshCompanyDomains('referral')],
  company: [refreshCompanyDomains('company')],
  contact: [refreshCompanyDomains('contact')],
};

/**
 * Brings everything that is derived from an entity up to date, in the transaction that made the
 * changes: its summaries, its search index, the company domains that it names.
 */
export async function refreshDerived(
  tx: Tx,
  name: EntityName,
  tenantId: string,
  changes: readonly Change[],
): Promise<void> {
  if (changes.length === 0) return;
  const visibleChanges = changes.map(({ before, after }) => ({
    before: hidePushedCopy(before),
    after: hidePushedCopy(after),
  }));
  for (const refresh of derived[name] as readonly Refresh<EntityName>[])
    await refresh(tx, tenantId, visibleChanges);
}

/** The pushed copy of a lead is not counted anywhere. */
const hidePushedCopy = <Row extends object>(row: Row | null): Row | null =>
  row !== null && 'mirrorOf' in row && row.mirrorOf !== null ? null : row;
