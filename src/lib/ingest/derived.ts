import type { Change, DerivedWrite } from '../entities/definition.ts';
import { refreshLastContact, refreshLastContactOfLeads } from '../entities/lead/last-contact.ts';
import { refreshLeadSearchTokens } from '../entities/lead/search-index.ts';
import type { EntityName } from '../records/registry.ts';
import { refreshCompanyDomains } from '../scoring/company-domains/refresh.ts';
import { refreshActivityCounts, refreshNoteCounts } from '../summaries/dated-counts/refresh.ts';
import { refreshHotListItems } from '../summaries/hot-list-items/refresh.ts';
import { refreshLeadMetrics } from '../summaries/lead-metrics/refresh.ts';
import { refreshPipelineStageCounts } from '../summaries/pipeline-stage-counts/refresh.ts';
import { refreshStageEntries } from '../summaries/stage-entries/refresh.ts';

type Refresh<Name extends EntityName> = (
  tenantId: string,
  changes: readonly Change<Name>[],
) => DerivedWrite;

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
 * Computes what brings everything that is derived from an entity up to date: its summaries, its
 * search index, the company domains that it names. The caller writes it in the transaction that
 * made the changes, after them.
 */
export function computeDerived(
  name: EntityName,
  tenantId: string,
  changes: readonly Change[],
): DerivedWrite {
  const visibleChanges = changes.map(({ before, after }) => ({
    before: hidePushedCopy(before),
    after: hidePushedCopy(after),
  }));
  const writes = (derived[name] as readonly Refresh<EntityName>[]).map((refresh) =>
    refresh(tenantId, visibleChanges),
  );
  return async (tx) => {
    for (const write of writes) await write(tx);
  };
}

/** The pushed copy of a lead is not counted anywhere. */
const hidePushedCopy = <Row extends object>(row: Row | null): Row | null =>
  row !== null && 'mirrorOf' in row && row.mirrorOf !== null ? null : row;
