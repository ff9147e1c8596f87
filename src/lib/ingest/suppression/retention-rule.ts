import { sql } from 'drizzle-orm';
import type { Tx } from '../../platform/db/pool.ts';

/** The times before which a workspace keeps no untouched lead and no note; null for no limit. */
export interface RetentionRule {
  leadsBefore: Date | null;
  notesBefore: Date | null;
}

export const keepAll: RetentionRule = { leadsBefore: null, notesBefore: null };

export async function loadRetentionRule(tx: Tx, tenantId: string): Promise<RetentionRule> {
  const { rows } = await tx.execute<{ leads: string | null; notes: string | null }>(sql`
    select now() - make_interval(months => lead_months) as leads,
      now() - make_interval(months => note_months) as notes
    from record_retention where tenant_id = ${tenantId}`);
  const toDate = (text: string | null | undefined) => (text ? new Date(text) : null);
  return { leadsBefore: toDate(rows[0]?.leads), notesBefore: toDate(rows[0]?.notes) };
}
