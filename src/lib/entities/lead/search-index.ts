import { and, asc, eq, gt, inArray, notExists, sql } from 'drizzle-orm';
import { recordset } from '../../platform/db/bulk.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { withTenant } from '../../identity/tenancy/with-tenant.ts';
import type { Change, DerivedWrite } from '../definition.ts';
import { leads, leadTerms } from '../../schema/leads.ts';
import { whereOwnAndLive } from './lookup.ts';
import { computeSearchWordChanges, type LeadWordList } from './search-changes.ts';
import { toTermVector } from './search-terms.ts';
import { leadSearchTokens } from './search-tokens.ts';

/**
 * Brings the search words up to date with changes of leads, with at most two statements and none
 * when no word can have changed.
 */
export function refreshLeadSearchTokens(
  tenantId: string,
  changes: readonly Change<'lead'>[],
): DerivedWrite {
  const { stored, removed } = computeSearchWordChanges(changes);
  const rows = stored.map((list) => toRow(tenantId, list));
  return async (tx) => {
    if (removed.length > 0) await removeWords(tx, tenantId, removed);
    if (rows.length > 0) await storeRows(tx, tenantId, rows);
  };
}

/** A row of `lead_terms` but for the tenant. */
const toRow = (tenantId: string, { leadId, words }: LeadWordList) => ({
  leadId,
  terms: toTermVector(tenantId, words),
});

/** Rows whose words are the same already are not written, so that the index keeps its entries. */
async function storeRows(
  tx: Tx,
  tenantId: string,
  rows: readonly ReturnType<typeof toRow>[],
): Promise<void> {
  await tx.execute(sql`
    insert into ${leadTerms} (tenant_id, lead_id, terms)
    select ${tenantId}::uuid, lead_id, terms from ${recordset(leadTerms, rows)}
    on conflict (tenant_id, lead_id) do update set terms = excluded.terms
    where ${leadTerms}.terms <> excluded.terms`);
}

async function removeWords(tx: Tx, tenantId: string, leadIds: readonly string[]): Promise<void> {
  await tx
    .delete(leadTerms)
    .where(and(eq(leadTerms.tenantId, tenantId), inArray(leadTerms.leadId, [...leadIds])));
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
 * deletes words without a lead. Syncs may run meanwhile: a batch
 * locks its leads, so that a change of one of them comes before or after it. `onBatch` receives the
 * totals so far.
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
    .where(and(eq(leads.tenantId, tenantId), eq(leads.id, leadTerms.leadId)));
  await tx.delete(leadTerms).where(and(eq(leadTerms.tenantId, tenantId), notExists(lead)));
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
  const hidden = rows.filter(({ shown }) => !shown).map(({ id }) => id);
  if (hidden.length > 0) await removeWords(tx, tenantId, hidden);
  const lists = rows
    .filter(({ shown }) => shown)
    .map((row) => ({ leadId: row.id, words: leadSearchTokens(row) }));
  if (lists.length > 0)
    await storeRows(
      tx,
      tenantId,
      lists.map((list) => toRow(tenantId, list)),
    );
  return {
    leads: rows.length,
    words: lists.reduce((sum, { words }) => sum + words.length, 0),
    last: rows.length < batchSize ? undefined : rows.at(-1)?.id,
  };
}
