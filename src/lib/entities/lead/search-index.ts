import { and, asc, eq, gt, notExists, sql } from 'drizzle-orm';
import { recordset } from '../../platform/db/bulk.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { withTenant } from '../../identity/tenancy/with-tenant.ts';
import type { Change, DerivedWrite } from '../definition.ts';
import { leads, leadWords } from '../../schema/leads.ts';
import { whereOwnAndLive } from './lookup.ts';
import { computeSearchTokenDeltas, type LeadSearchToken } from './search-changes.ts';
import { leadSearchTokens } from './search-tokens.ts';

/**
 * Brings the search words up to date with changes of leads, with at most two statements and none
 * when no word has changed.
 */
export function refreshLeadSearchTokens(
  tenantId: string,
  changes: readonly Change<'lead'>[],
): DerivedWrite {
  const { added, removed } = computeSearchTokenDeltas(changes);
  return async (tx) => {
    if (removed.length > 0) await removeTokens(tx, tenantId, removed);
    if (added.length > 0) await addTokens(tx, tenantId, added);
  };
}

async function addTokens(
  tx: Tx,
  tenantId: string,
  words: readonly LeadSearchToken[],
): Promise<void> {
  await tx.execute(sql`
    insert into ${leadWords} (tenant_id, word, lead_id)
    select ${tenantId}::uuid, word, lead_id from ${recordset(leadWords, words)}
    on conflict do nothing`);
}

async function removeTokens(
  tx: Tx,
  tenantId: string,
  words: readonly LeadSearchToken[],
): Promise<void> {
  await tx.execute(sql`
    delete from ${leadWords} using ${recordset(leadWords, words)}
    where ${leadWords}.tenant_id = ${tenantId} and ${leadWords}.word = incoming.word
      and ${leadWords}.lead_id = incoming.lead_id`);
}

/** Leads per transaction of a reindexing, which keeps its locks short. */
const batchSize = 1_000;

const lowestId = '00000000-0000-0000-0000-000000000000';

export interface IndexProgress {
  leads: number;
  words: number;
}

/**
 * Rebuilds the search words of all leads of a tenant, one batch per transaction, and finally
 * deletes words without a lead. Syncs may run meanwhile: a batch locks its leads, so that a change
 * of one of them comes before or after it. `onBatch` receives the totals so far.
 */
export async function reindexLeads(
  tenantId: string,
  onBatch: (soFar: IndexProgress) => void = () => {},
): Promise<IndexProgress> {
  const total: IndexProgress = { leads: 0, words: 0 };
  for (let last: string | undefined = lowestId; last !== undefined;) {
    const after: string = last;
    const batch = await withTenant(tenantId, (tx) => reindexBatch(tx, tenantId, after));
    total.leads += batch.leads;
    total.words += batch.words;
    last = batch.last;
    onBatch({ ...total });
  }
  await withTenant(tenantId, (tx) => removeOrphans(tx, tenantId));
  return total;
}

/** Deletes words whose lead no longer exists, for example because its connection was deleted. */
async function removeOrphans(tx: Tx, tenantId: string): Promise<void> {
  const lead = tx
    .select({ id: leads.id })
    .from(leads)
    .where(and(eq(leads.tenantId, tenantId), eq(leads.id, leadWords.leadId)));
  await tx.delete(leadWords).where(and(eq(leadWords.tenantId, tenantId), notExists(lead)));
}

function lockNextLeads(tx: Tx, tenantId: string, after: string) {
  const { id, name, company, email, phone } = leads;
  return tx
    .select({ id, name, company, email, phone, shown: sql<boolean>`${whereOwnAndLive}` })
    .from(leads)
    .where(and(eq(leads.tenantId, tenantId), gt(leads.id, after)))
    .orderBy(asc(leads.id))
    .limit(batchSize)
    .for('no key update');
}

async function reindexBatch(
  tx: Tx,
  tenantId: string,
  after: string,
): Promise<IndexProgress & { last: string | undefined }> {
  const rows = await lockNextLeads(tx, tenantId, after);
  const ids = sql.param(rows.map(({ id }) => id));
  const stale = sql`${leadWords.leadId} = any(${ids}::uuid[])`;
  await tx.delete(leadWords).where(and(eq(leadWords.tenantId, tenantId), stale));
  const words = rows.flatMap((row) =>
    row.shown ? leadSearchTokens(row).map((word) => ({ word, leadId: row.id })) : [],
  );
  if (words.length > 0) await addTokens(tx, tenantId, words);
  return {
    leads: rows.length,
    words: words.length,
    last: rows.length < batchSize ? undefined : rows.at(-1)?.id,
  };
}
