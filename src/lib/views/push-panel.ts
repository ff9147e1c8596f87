import { and, desc, eq, isNull, sql, type SQL } from 'drizzle-orm';
import { connections } from '../schema/connections.ts';
import { leads } from '../schema/leads.ts';
import type { Tx } from '../platform/db/pool.ts';
import { Problem } from '../platform/errors.ts';
import { isId } from '../platform/id.ts';
import { providers } from '../connectors/registry.ts';
import { pushConflicts, pushEvents, pushes } from '../schema/pushes.ts';
import { listPushConnections, type PushConnection } from '../outbound/push/request.ts';
import { readTenant } from '../identity/tenancy/with-tenant.ts';
import { onConnection, onLead, pushColumns, type PushRow } from './push-list.ts';
import { loadNames } from './user-names.ts';
import type { Workspace } from './workspace.ts';

/** One step of a push, as the history shows it. */
export interface PushEvent {
  id: string;
  at: Date;
  attempt: number;
  step: string;
  outcome: 'ok' | 'failed' | 'note';
  method: string | null;
  path: string | null;
  status: number | null;
  message: string | null;
  ms: number | null;
  by: string | null;
  /** Masked bodies as text; null when there is none, or bodies were not requested. */
  request: string | null;
  response: string | null;
}

/** A push with a link to its CRM record, its open conflicts and its history. */
export interface PushDetail extends PushRow {
  remoteUrl: string | null;
  openConflicts: number;
  /** Newest first. */
  events: PushEvent[];
}

/** One connected CRM on the panel of a lead. */
export interface PushPanelEntry {
  connectionId: string;
  system: string;
  /** Undefined when the lead was never pushed there. */
  push: PushDetail | undefined;
}

export interface PushPanelView {
  leadId: string;
  /** Empty when no connection accepts leads, or this lead may not be pushed. */
  entries: PushPanelEntry[];
}

/** How much of a push's history is read. */
interface Extent {
  maxEvents: number;
  withBodies: boolean;
}

/** A panel shows the newest steps; the page of the push shows all of them. */
const panelExtent: Extent = { maxEvents: 6, withBodies: false };
const pageExtent: Extent = { maxEvents: 200, withBodies: true };

/** What the panel of a lead shows: each connected CRM, with the push if there is one. */
export async function getPushPanelView(
  { tenant }: Workspace,
  leadId: string,
): Promise<PushPanelView> {
  const targets = await listPushConnections(tenant.id);
  if (!isId(leadId)) return { leadId, entries: [] };
  return readTenant(tenant.id, async (tx) => {
    const [lead] = await tx
      .select({ connectionId: leads.connectionId, mirrorOf: leads.mirrorOf })
      .from(leads)
      .where(and(eq(leads.tenantId, tenant.id), eq(leads.id, leadId)));
    if (lead === undefined || lead.mirrorOf !== null) return { leadId, entries: [] };
    if (targets.length === 0) return { leadId, entries: [] };
    const known = await readLeadPushes(tx, tenant.id, leadId);
    const others = targets.filter(({ id }) => id !== lead.connectionId);
    return { leadId, entries: toEntries(known, others) };
  });
}

async function readLeadPushes(tx: Tx, tenantId: string, leadId: string): Promise<PushDetail[]> {
  const rows = await selectPushes(tx, tenantId, eq(pushes.leadId, leadId));
  const details: PushDetail[] = [];
  for (const row of rows) details.push(await readDetail(tx, tenantId, row, panelExtent));
  return details;
}

function toEntries(known: PushDetail[], targets: PushConnection[]): PushPanelEntry[] {
  const missing = targets
    .filter(({ id }) => !known.some(({ connectionId }) => connectionId === id))
    .map(({ id, label }) => ({ connectionId: id, system: label, push: undefined }));
  const entries = known.map((push) => ({
    connectionId: push.connectionId,
    system: push.system,
    push,
  }));
  return [...entries, ...missing].toSorted((a, b) => a.system.localeCompare(b.system));
}

/**
 * Reads one push with its whole history. Throws Problem `not_found`, also for a push of another
 * tenant.
 */
export function getPushView({ tenant }: Workspace, id: string): Promise<PushDetail> {
  return readTenant(tenant.id, async (tx) => {
    const [row] = isId(id) ? await selectPushes(tx, tenant.id, eq(pushes.id, id)) : [];
    if (row === undefined)
      throw new Problem('not_found', 'This push does not exist in this workspace.');
    return readDetail(tx, tenant.id, row, pageExtent);
  });
}

function selectPushes(tx: Tx, tenantId: string, which: SQL) {
  return tx
    .select({ ...pushColumns, provider: connections.provider, settings: connections.settings })
    .from(pushes)
    .innerJoin(leads, onLead)
    .innerJoin(connections, onConnection)
    .where(and(eq(pushes.tenantId, tenantId), which));
}

type SelectedPush = Awaited<ReturnType<typeof selectPushes>>[number];

async function readDetail(
  tx: Tx,
  tenantId: string,
  { provider, settings, ...row }: SelectedPush,
  extent: Extent,
): Promise<PushDetail> {
  return {
    ...row,
    remoteUrl: buildRecordUrl(provider, settings, row.remoteId),
    openConflicts: await countOpenConflicts(tx, tenantId, row.id),
    events: await readEvents(tx, tenantId, row.id, extent),
  };
}

async function countOpenConflicts(tx: Tx, tenantId: string, pushId: string): Promise<number> {
  const open = and(
    eq(pushConflicts.tenantId, tenantId),
    eq(pushConflicts.pushId, pushId),
    isNull(pushConflicts.resolvedAt),
  );
  const [row] = await tx
    .select({ count: sql<number>`count(*)::int` })
    .from(pushConflicts)
    .where(open);
  return row?.count ?? 0;
}

async function readEvents(
  tx: Tx,
  tenantId: string,
  pushId: string,
  { maxEvents, withBodies }: Extent,
): Promise<PushEvent[]> {
  const rows = await tx
    .select(eventColumns)
    .from(pushEvents)
    .where(and(eq(pushEvents.tenantId, tenantId), eq(pushEvents.pushId, pushId)))
    .orderBy(desc(pushEvents.id))
    .limit(maxEvents);
  const toName = await loadNames(
    tx,
    rows.map(({ actor }) => actor),
  );
  const formatBody = (body: unknown) =>
    withBodies && body !== null ? JSON.stringify(body, null, 2) : null;
  return rows.map(({ actor, request, response, ...event }) => ({
    ...event,
    by: toName(actor),
    request: formatBody(request),
    response: formatBody(response),
  }));
}

const eventColumns = {
  id: pushEvents.id,
  at: pushEvents.at,
  attempt: pushEvents.attempt,
  step: pushEvents.step,
  outcome: pushEvents.outcome,
  method: pushEvents.method,
  path: pushEvents.path,
  status: pushEvents.status,
  message: pushEvents.message,
  ms: pushEvents.ms,
  actor: pushEvents.actor,
  request: pushEvents.request,
  response: pushEvents.response,
};

/** Returns the URL of the record in the CRM, or null when it has none. */
function buildRecordUrl(
  provider: string,
  settings: unknown,
  remoteId: string | null,
): string | null {
  const definition = providers.find(({ key }) => key === provider);
  const parsed = definition?.settings.safeParse(settings);
  return remoteId === null || parsed?.success !== true
    ? null
    : (definition?.push?.recordUrl?.(parsed.data, remoteId) ?? null);
}
