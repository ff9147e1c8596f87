import { and, asc, eq, isNull } from 'drizzle-orm';
import type { Tx } from '../../platform/db/pool.ts';
import { stages } from '../../schema/stages.ts';

export interface StageInfo {
  connectionId: string;
  name: string;
  position: number;
  outcome: 'open' | 'won' | 'lost';
  likelyPct: number;
}

/** The stages of a tenant's pipelines, in pipeline order. */
export function listStages(tx: Tx, tenantId: string): Promise<StageInfo[]> {
  return tx
    .select({
      connectionId: stages.connectionId,
      name: stages.name,
      position: stages.position,
      outcome: stages.outcome,
      likelyPct: stages.likelyPct,
    })
    .from(stages)
    .where(and(eq(stages.tenantId, tenantId), isNull(stages.deletedAt)))
    .orderBy(asc(stages.position), asc(stages.name));
}
