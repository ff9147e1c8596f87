import { and, eq, ilike, or, sql, type SQL } from 'drizzle-orm';
import { z } from 'zod';
import { connections } from '../schema/connections.ts';
import { keysetPage, keysetQuery, type SortOrder } from '../platform/db/keyset.ts';
import { leads } from '../schema/leads.ts';
import { pushStates } from '../records/lead.ts';
import { toLikePattern } from '../platform/db/like.ts';
import type { Tx } from '../platform/db/pool.ts';
import { isId } from '../platform/id.ts';
import { pushes } from '../schema/pushes.ts';
import { listPushConnections, type PushConnection } from '../outbound/push/request.ts';
import { enabledFeatures } from '../identity/features.ts';
import { readTenant } from '../identity/tenancy/with-tenant.ts';
import { listCursor, searchText } from './filter-fields.ts';
import { pageSize, type Workspace } from './workspace.ts';

export type PushState = (typeof pushStates)[number];

/** One push as lists show it. */
export interface PushRow {
  id: string;
  leadId: string;
  leadName: string;
  company: string | null;
  connectionId: string;
  system: string;
  state: PushState;
  attempts: number;
  requestedAt: Date;
  lastAttemptAt: Date | null;
  syncedAt: Date | null;
  /** Time of the next attempt; null when nothing is left to push. */
  dueAt: Date | null;
  errorKind: string | null;
  errorMessage: string | null;
  remoteId: string | null;
  updatedAt: Date;
}

export interface PushesView {
  /** Whether CRM push is on in the workspace. */
  isOn: boolean;
  systems: PushConnection[];
  counts: Record<PushState, number>;
  pushes: { rows: PushRow[]; total: number; next: string | null; previous: string | null };
}

const filterSchema = z.object({
  state: z.enum(pushStates).optional().catch(undefined),
  connection: z.string().refine(isId).optional().catch(undefined),
  search: searchText,
  cursor: listCursor,
});
export type PushFilter = z.output<typeof filterSchema>;

/** Parses the filter of the pushes from a URL. Invalid values count as absent. */
export function parsePushFilter(params: URLSearchParams): PushFilter {
  return filterSchema.parse(Object.fromEntries(params));
}

/** Everything on the Pushes page. */
export async function getPushesView(
  { tenant }: Workspace,
  filter: PushFilter,
): Promise<PushesView> {
  const [isOn, systems] = await Promise.all([
    enabledFeatures(tenant.id).then((on) => on.has('crm-push')),
    listPushConnections(tenant.id),
  ]);
  return readTenant(tenant.id, async (tx) => {
    const counts = await countPushes(tx, tenant.id, filter);
    const page = await readPushPage(tx, tenant.id, filter, filter.cursor, pageSize);
    const total =
      filter.state === undefined
        ? Object.values(counts).reduce((sum, count) => sum + count, 0)
        : counts[filter.state];
    return { isOn, systems, counts, pushes: { ...page, total } };
  });
}

const latestFirst: SortOrder = {
  expression: sql`${pushes.updatedAt}`,
  type: 'timestamptz',
  direction: 'desc',
};

/** Reads one page of pushes, most recently changed first. */
export async function readPushPage(
  tx: Tx,
  tenantId: string,
  filter: PushFilter,
  cursor: string | undefined,
  size: number,
): Promise<{ rows: PushRow[]; next: string | null; previous: string | null }> {
  const keyset = keysetQuery(latestFirst, sql`${pushes.id}`, cursor, size);
  const rows = await tx
    .select({ ...pushColumns, sortValue: keyset.sortValue })
    .from(pushes)
    .innerJoin(leads, onLead)
    .innerJoin(connections, onConnection)
    .where(and(whereFilter(tenantId, filter), keyset.where))
    .orderBy(keyset.orderBy)
    .limit(keyset.limit);
  const page = keysetPage(latestFirst, rows, cursor, size);
  return { ...page, rows: page.rows.map(({ sortValue: _sortValue, ...row }) => row) };
}

async function countPushes(
  tx: Tx,
  tenantId: string,
  { state: _state, ...filter }: PushFilter,
): Promise<Record<PushState, number>> {
  const count = sql<number>`count(*)::int`;
  const from = tx.select({ state: pushes.state, count }).from(pushes);
  const found = await (filter.search === undefined ? from : from.innerJoin(leads, onLead))
    .where(whereFilter(tenantId, filter))
    .groupBy(pushes.state);
  const known = Object.fromEntries(found.map(({ state, count: size }) => [state, size]));
  return Object.fromEntries(pushStates.map((state) => [state, known[state] ?? 0])) as Record<
    PushState,
    number
  >;
}

function whereFilter(tenantId: string, { state, connection, search }: PushFilter): SQL | undefined {
  const pattern = toLikePattern(search ?? '');
  return and(
    eq(pushes.tenantId, tenantId),
    state === undefined ? undefined : eq(pushes.state, state),
    connection === undefined ? undefined : eq(pushes.connectionId, connection),
    search === undefined
      ? undefined
      : or(ilike(leads.name, pattern), ilike(leads.company, pattern), eq(pushes.remoteId, search)),
  );
}

export const pushColumns = {
  id: pushes.id,
  leadId: pushes.leadId,
  leadName: leads.name,
  company: leads.company,
  connectionId: pushes.connectionId,
  system: connections.label,
  state: pushes.state,
  attempts: pushes.attempts,
  requestedAt: pushes.requestedAt,
  lastAttemptAt: pushes.lastAttemptAt,
  syncedAt: pushes.syncedAt,
  dueAt: pushes.dueAt,
  errorKind: pushes.errorKind,
  errorMessage: pushes.errorMessage,
  remoteId: pushes.remoteId,
  updatedAt: pushes.updatedAt,
};
export const onLead = and(eq(leads.tenantId, pushes.tenantId), eq(leads.id, pushes.leadId));
export const onConnection = and(
  eq(connections.tenantId, pushes.tenantId),
  eq(connections.id, pushes.connectionId),
);
