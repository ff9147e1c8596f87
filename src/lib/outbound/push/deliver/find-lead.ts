import { and, eq, inArray, isNull, ne, sql } from 'drizzle-orm';
import { leads } from '../../../schema/leads.ts';
import { isId } from '../../../platform/id.ts';
import { retryInTenant } from '../../../identity/tenancy/with-tenant.ts';
import type { RemoteRecord } from '../../../connectors/contract/destination.ts';
import { pushes } from '../../../schema/pushes.ts';
import { listFields, readOwnRecord, type Delivery } from './delivery.ts';

export type FoundLead =
  | { kind: 'found'; record: RemoteRecord }
  /** The record that we know was deleted. */
  | { kind: 'deleted' }
  /** The record that we know now carries the id of another lead of ours. */
  | { kind: 'foreign' }
  /** `others`: how many leads in the CRM look like it, but belong to other leads of ours. */
  | { kind: 'none'; others: number };

/**
 * Finds the lead in the CRM: by its known id, by our id that it carries, by the key with which we
 * may have created it (`ownKey`); then by e-mail address and by domain.
 */
export async function findLead(delivery: Delivery, ownKey: string | undefined): Promise<FoundLead> {
  const { push, objects, progress } = delivery;
  const fields = listFields(delivery, 'lead');
  if (progress.remoteId !== null) {
    const record = await objects.read('lead', progress.remoteId, fields);
    if (record !== null)
      return (await belongsToAnotherLead(delivery, record))
        ? { kind: 'foreign' }
        : { kind: 'found', record };
    if (push.base !== null) return { kind: 'deleted' };
    progress.remoteId = null;
  }
  const [ours] = await objects.search('lead', { by: 'ours', leadId: push.leadId }, fields);
  const own = ours ?? (ownKey === undefined ? null : await readOwnRecord(delivery, 'lead', ownKey));
  return own === null ? findUnclaimedLead(delivery, fields) : { kind: 'found', record: own };
}

/** A lead that somebody else created, if it is open and no other lead of ours has claimed it. */
async function findUnclaimedLead(delivery: Delivery, fields: string[]): Promise<FoundLead> {
  const { values, objects, progress } = delivery;
  const [email, domain] = [values['email'], values['domain']];
  const byEmail =
    typeof email === 'string' ? await objects.search('lead', { by: 'email', email }, fields) : [];
  const byDomain =
    byEmail.length === 0 && typeof domain === 'string'
      ? await objects.search('lead', { by: 'domain', domain }, fields)
      : [];
  // A lead of the same company with another e-mail address is another person.
  const candidates = [
    ...byEmail,
    ...byDomain.filter((record) => record.email === null || typeof email !== 'string'),
  ].filter(({ standing }) => standing === 'open');
  for (const record of candidates) {
    if (
      (await belongsToAnotherLead(delivery, record)) ||
      !(await reserveRecord(delivery, record.id))
    )
      continue;
    progress.remoteId = record.id;
    return { kind: 'found', record };
  }
  return { kind: 'none', others: candidates.length };
}

/** Whether a record carries the id of another lead of ours that still exists. */
async function belongsToAnotherLead(
  { push: { tenantId, leadId } }: Delivery,
  { ourLeadId }: RemoteRecord,
): Promise<boolean> {
  if (ourLeadId === null || ourLeadId === leadId || !isId(ourLeadId)) return false;
  const rows = await retryInTenant(tenantId, (tx) =>
    tx
      .select({ id: leads.id })
      .from(leads)
      .where(
        and(eq(leads.tenantId, tenantId), inArray(leads.id, [ourLeadId]), isNull(leads.deletedAt)),
      ),
  );
  return rows.length > 0;
}

/**
 * Claims the record for this push, unless another push has claimed it. Of two pushes that find it
 * at the same time, one gets it.
 */
function reserveRecord({ push }: Delivery, remoteId: string): Promise<boolean> {
  const { tenantId, connectionId } = push;
  return retryInTenant(tenantId, async (tx) => {
    await tx.execute(
      sql`select pg_advisory_xact_lock(hashtextextended(${`${connectionId}/${remoteId}`}, 0))`,
    );
    const others = await tx
      .select({ id: pushes.id })
      .from(pushes)
      .where(
        and(
          eq(pushes.tenantId, tenantId),
          eq(pushes.connectionId, connectionId),
          eq(pushes.remoteId, remoteId),
          ne(pushes.id, push.id),
        ),
      );
    if (others.length > 0) return false;
    await tx
      .update(pushes)
      .set({ remoteId })
      .where(
        and(eq(pushes.tenantId, tenantId), eq(pushes.id, push.id), eq(pushes.lease, push.lease)),
      );
    return true;
  });
}
