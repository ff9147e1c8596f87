import { and, asc, eq, gt, isNull, notExists, sql } from 'drizzle-orm';
import { recordset } from '../../platform/db/bulk.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { withTenant } from '../../identity/tenancy/with-tenant.ts';
import type { Change } from '../definition.ts';
import { leads, leadWords } from '../../schema/leads.ts';
import { computeSearchTokenDeltas, type LeadSearchToken } from './search-changes.ts';
import { leadSearchTokens } from './search-tokens.ts';

/**
 * Brings the words by which leads are found up to date with changes of leads: at most two
 * statements, none when no word changed.
 */
export async function refreshLeadSearchTokens(
  tx: Tx,
  tenantId: string,
  changes: readonly Change<'lead'>[],
): Promise<void> {
  const { added, removed } = computeSearchTokenDeltas(changes);
  if (removed.length > 0) await removeTokens(tx, tenantId, removed);
  if (added.length > 0) await addTokens(tx, tenantId, added);
}

async function addTokens(
  tx: Tx,
  tenantId: string,
  words: readonly LeadSearchToken[],
): Promise<void> {
  await tx.execute(sql`
    insert into ${leadWords} (tenant_id, word, lead_id) select ${tenantId}::uuid, word, lead_id from ${recordset(leadWords, words)}
    on conflict do nothing`);
}

async function removeTokens(
  tx: Tx,
  tenantId: string,
  words: readonly LeadSearchToken[],
): Promise<void> {
  await tx.execute(sql`
    delete from ${leadWords} using ${recordset(leadWords, words)}
    where ${leadWords}.tenant_id = ${tenantId} and ${leadWords}.word = incoming.word and ${leadWords}.lead_id = incoming.lead_id`);
}

/** Leads whose words are made anew at once. */
const batchSize = 1_000;

export interface IndexProgress {
  leads: number;
  words: number;
}

/**
 * Makes the words of all leads of a tenant anew, a batch of leads in a transaction of its own.
 * Syncs may go on meanwhile: a batch holds its leads, so that whoever changes one of them comes
 * before or behind it. Words without a lead are removed at the end. `onBatch` is told how far it
 * is.
 */
export async function reindexLeads(
  tenantId: string,
  onBatch: (soFar: IndexProgress) => void = () => {},
): Promise<IndexProgress> {
  const total: IndexProgress = { leads: 0, words: 0 };
  for (let last: string | undefined = '00000000-0000-0000-0000-000000000000'; last !== undefined;) {
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

/** Words whose lead is gone for good, for instance with its connection. */
async function removeOrphans(tx: Tx, tenantId: string): Promise<void> {
  const lead = tx
    .select({ id: leads.id })
    .from(leads)
    .where(and(eq(leads.tenantId, tenantId), eq(leads.id, leadWords.leadId)));
  await tx.delete(leadWords).where(and(eq(leadWords.tenantId, tenantId), notExists(lead)));
}

async function reindexBatch(
  tx: Tx,
  tenantId: string,
  after: string,
): Promise<IndexProgress & { last: string | undefined }> {
  const rows = await tx
    .select({
      id: leads.id,
      name: leads.name,
      company: leads.company,
      email: leads.email,
      phone: leads.phone,
      shown: sql<boolean>`${and(isNull(leads.deletedAt), isNull(leads.mirrorOf))}`,
    })
    .from(leads)
    .where(and(eq(leads.tenantId, tenantId), gt(leads.id, after)))
    .orderBy(asc(leads.id))
    .limit(batchSize)
    .for('no key update');
  await tx
    .delete(leadWords)
    .where(
      and(
        eq(leadWords.tenantId, tenantId),
        sql`${leadWords.leadId} = any(${sql.param(rows.map(({ id }) => id))}::uuid[])`,
      ),
    );
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
