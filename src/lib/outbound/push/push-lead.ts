import { readLeadValues, type LeadValues } from '../../mappings/lead-values.ts';
import { buildPlan } from '../../mappings/plan.ts';
import { retryInTenant } from '../../identity/tenancy/with-tenant.ts';
import { config } from '../../platform/config.ts';
import { FencedError } from '../../platform/lease.ts';
import { AuditLog } from '../audit-log.ts';
import { completePush, leadGone } from './complete.ts';
import { deliver, type DeliveryResult } from './deliver/deliver.ts';
import type { Delivery, DeliveryProgress } from './deliver/delivery.ts';
import { completeFailure } from './failure.ts';
import { toRecordKey } from './identity.ts';
import { renewLease, type LeasedPush } from './lease.ts';
import type { PushOutcome } from './outcome.ts';
import type { PushSession } from './session.ts';

/**
 * Runs a claimed push to its end. Every failure of the CRM is part of the outcome; only a database
 * that cannot be reached is thrown.
 */
export async function pushLead(session: PushSession, push: LeasedPush): Promise<PushOutcome> {
  try {
    const lead = await readLead(push);
    const progress = toProgress(push);
    const auditLog = openAuditLog(session, push, progress);
    if (lead === undefined) return await failGoneLead(push, auditLog, progress);
    const delivery = createDelivery(session, push, lead, { auditLog, progress });
    return push.requestedBy === null && isUnchanged(session, push, delivery)
      ? await completeUnchanged(session, push, auditLog, lead.seen)
      : await sendLead(session, lead, delivery);
  } catch (error) {
    if (error instanceof FencedError) return { kind: 'fenced' };
    throw error;
  }
}

/**
 * The values of the lead; undefined when it is gone, or turned out to be a copy of another lead.
 */
async function readLead({ tenantId, leadId }: LeasedPush): Promise<LeadValues | undefined> {
  const found = await retryInTenant(tenantId, (tx) => readLeadValues(tx, tenantId, [leadId]));
  return found.get(leadId);
}

const toProgress = ({ remoteId, remoteIds, made }: LeasedPush): DeliveryProgress => ({
  remoteId,
  remoteIds,
  made,
});

/** How often a conditional write is sent when its responses are lost. */
const maxSends = 3;

/** Each write first stores the events and the progress, and renews the lease. */
function openAuditLog(
  session: PushSession,
  push: LeasedPush,
  progress: DeliveryProgress,
): AuditLog {
  return new AuditLog({
    provider: session.provider.key,
    personalFields: session.push.personalFields ?? [],
    store: (events) => renewLease(push, events, progress),
    maxSends,
    retryMs: config().SYNC_RETRY_BASE_MS,
  });
}

async function failGoneLead(
  push: LeasedPush,
  auditLog: AuditLog,
  { remoteId, remoteIds, made }: DeliveryProgress,
): Promise<PushOutcome> {
  await completePush(
    push,
    {
      kind: 'failed',
      errorKind: leadGone,
      message:
        'Nothing was sent, because the lead is no longer in this workspace or turned out to be ' +
        'a copy of another lead.',
      retryAt: null,
      remoteId,
      remoteIds,
      made,
    },
    auditLog.drainEvents(),
  );
  return { kind: 'failed' };
}

function createDelivery(
  session: PushSession,
  push: LeasedPush,
  { values, changedAt }: LeadValues,
  { auditLog, progress }: { auditLog: AuditLog; progress: DeliveryProgress },
): Delivery {
  const { provider, metadata, rows } = session;
  const objects = session.push.open(
    {
      http: auditLog.wrapClient(session.http),
      settings: session.settings,
      secrets: session.secrets,
    },
    metadata,
  );
  return {
    push,
    plan: buildPlan(rows, values, metadata),
    values,
    changedAt,
    metadata,
    label: provider.label,
    objects,
    toKey: (role) => toRecordKey(push.connectionId, session.push, role, values),
    auditLog,
    progress,
  };
}

/** Whether both sides agreed on exactly these values when the lead was sent last. */
function isUnchanged({ mapping }: PushSession, push: LeasedPush, { plan }: Delivery): boolean {
  return (
    push.remoteId !== null &&
    push.payloadHash === plan.hash &&
    push.mappingVersion === mapping.version &&
    push.base !== null
  );
}

async function completeUnchanged(
  { mapping }: PushSession,
  push: LeasedPush,
  auditLog: AuditLog,
  seen: string,
): Promise<PushOutcome> {
  const { remoteId, remoteIds, base, payloadHash } = push;
  await completePush(
    push,
    {
      kind: 'synced',
      message: 'Nothing was sent, because nothing has changed since the last time.',
      remoteId: remoteId ?? '',
      remoteIds,
      base,
      payloadHash: payloadHash ?? '',
      mappingVersion: mapping.version,
      seen,
    },
    auditLog.drainEvents(),
  );
  return { kind: 'unchanged' };
}

async function sendLead(
  session: PushSession,
  { seen }: LeadValues,
  delivery: Delivery,
): Promise<PushOutcome> {
  const { push, auditLog } = delivery;
  try {
    // A person who sends a lead again may know that its record was deleted in the CRM.
    if (isUnchanged(session, push, delivery) && (await isStillThere(delivery)))
      return await completeUnchanged(session, push, auditLog, seen);
    return await completeDelivery(session, seen, delivery, await deliver(delivery));
  } catch (error) {
    if (error instanceof FencedError) throw error;
    return completeFailure(session, delivery, error);
  }
}

async function isStillThere({ push, objects }: Delivery): Promise<boolean> {
  return push.remoteId !== null && (await objects.read('lead', push.remoteId, [])) !== null;
}

async function completeDelivery(
  { mapping }: PushSession,
  seen: string,
  { push, plan, auditLog, progress }: Delivery,
  { base, conflicts, messages }: DeliveryResult,
): Promise<PushOutcome> {
  const { remoteId, remoteIds } = progress;
  const common = { remoteIds, base, mappingVersion: mapping.version, seen };
  const notes = [...messages, ...plan.problems.map((problem) => `Not sent: ${problem}`)].join(' ');
  if (conflicts.length === 0) {
    const message = notes === '' ? 'Both sides agree.' : notes;
    const payloadHash = plan.hash;
    await completePush(
      push,
      { ...common, kind: 'synced', remoteId: remoteId ?? '', message, payloadHash },
      auditLog.drainEvents(),
    );
    return { kind: 'synced' };
  }
  const fields = conflicts.map(({ field }) => field).join(', ');
  const message =
    messages.length > 0 ? notes : `Both sides changed: ${fields}. Decide which value is right.`;
  await completePush(
    push,
    { ...common, kind: 'conflict', remoteId, message, conflicts },
    auditLog.drainEvents(),
  );
  return { kind: 'conflict' };
}
