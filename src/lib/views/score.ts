import type { Breakdown } from '../scoring/types.ts';
import type { Tx } from '../platform/db/pool.ts';
import { Problem } from '../platform/errors.ts';
import { isId } from '../platform/id.ts';
import { findLeadScore } from '../scoring/company-domains/queries.ts';
import { selectFeatures } from '../identity/features.ts';
import { readTenant } from '../identity/tenancy/with-tenant.ts';
import type { Workspace } from './workspace.ts';

/** A lead's score with its breakdown. */
export interface ScoreView {
  lead: { id: string; name: string; company: string | null; domain: string | null };
  /** waiting: not yet scanned. off: the lead engine is off and there is no earlier score. */
  state: 'scored' | 'waiting' | 'no_domain' | 'off';
  breakdown: Breakdown | null;
  scannedAt: Date | null;
  /** Earliest time of the next scan; null when none is planned. */
  scanDueAt: Date | null;
}

/** Reads the score of one lead. Throws Problem `not_found`, also for a lead of another tenant. */
export async function getScoreView({ tenant }: Workspace, leadId: string): Promise<ScoreView> {
  const found = isId(leadId)
    ? await readTenant(tenant.id, (tx) => readScore(tx, tenant.id, leadId), { mayLag: true })
    : undefined;
  if (found?.row === undefined)
    throw new Problem(
      'not_found',
      'This lead does not exist. It may have been deleted at its source.',
    );
  const { breakdown: kept, scannedAt, scanDueAt, ...lead } = found.row;
  const breakdown = kept as Breakdown | null;
  const { isOn } = found;
  return {
    lead,
    state: toScoreState(lead.domain, breakdown, isOn),
    breakdown,
    scannedAt,
    scanDueAt: isOn ? scanDueAt : null,
  };
}

async function readScore(tx: Tx, tenantId: string, leadId: string) {
  const row = await findLeadScore(tx, tenantId, leadId);
  return { row, isOn: (await selectFeatures(tx, tenantId)).has('lead-engine') };
}

function toScoreState(
  domain: string | null,
  breakdown: Breakdown | null,
  isOn: boolean,
): ScoreView['state'] {
  if (domain === null) return 'no_domain';
  if (breakdown !== null) return 'scored';
  return isOn ? 'waiting' : 'off';
}
