import type { FieldValue } from '../../connectors/contract/destination.ts';
import type { LeadRow } from '../../entities/definition.ts';
import { readLeadValues } from '../../mappings/lead-values.ts';
import { buildPlan } from '../../mappings/plan.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { Problem } from '../../platform/errors.ts';
import { pushes } from '../../schema/pushes.ts';
import { lockLead, lockStreams, readLead } from './change-lead.ts';
import { locateField } from './conflict.ts';
import { isLeased, readPullContext, type PullContext, type PushRow } from './pending.ts';
import { wherePush } from './push-row.ts';
import { getOwn } from '../../platform/own.ts';

/** A push with its lead, both locked until the transaction ends. */
export interface LockedPush {
  push: PushRow;
  lead: LeadRow;
  context: PullContext;
  /** Whether a person decided to leave the record in the CRM as it is. */
  isLeftAsIs: boolean;
}

/**
 * Locks a push and its lead. Throws Problem: `not_found`, or `conflict` while a worker is sending
 * the lead.
 */
export async function lockPush(tx: Tx, tenantId: string, pushId: string): Promise<LockedPush> {
  const [known] = await tx
    .select()
    .from(pushes)
    .where(wherePush({ tenantId, id: pushId }));
  const seen = known === undefined ? undefined : await readLead(tx, tenantId, known.leadId);
  if (seen !== undefined) await lockStreams(tx, tenantId, [seen]);
  const [push] = await tx
    .select()
    .from(pushes)
    .where(wherePush({ tenantId, id: pushId }))
    .for('update');
  const lead = push === undefined ? undefined : await lockLead(tx, tenantId, push.leadId);
  const context = push === undefined ? undefined : await readPullContext(tx, push);
  if (push === undefined || lead === undefined || context === undefined)
    throw new Problem('not_found', 'There is no such push in this workspace.');
  if (isLeased(push))
    throw new Problem('conflict', 'This lead is being sent right now. Try again in a minute.');
  return { push, lead, context, isLeftAsIs: false };
}

/** The value that we would send for a remote field now. */
export async function readOurValue(tx: Tx, locked: LockedPush, name: string): Promise<FieldValue> {
  const place = locateField(locked.context, name);
  if (place === undefined) return null;
  const { records } = await buildCurrentPlan(tx, locked);
  return getOwn(records[place.role]?.values ?? {}, place.field.name) ?? null;
}

/** What we would send now. */
export async function buildCurrentPlan(tx: Tx, { push, context }: LockedPush) {
  const values = (await readLeadValues(tx, push.tenantId, [push.leadId])).get(push.leadId);
  return buildPlan(context.mapping, values?.values ?? {}, context.metadata);
}
