import { and, eq, gte, ilike, inArray, isNull, lt, or, sql, type SQL } from 'drizzle-orm';
import { auditActions } from '../../identity/audit/actions.ts';
import { listActionsOf } from '../../identity/audit/groups.ts';
import { keysetPage, keysetQuery } from '../../platform/db/keyset.ts';
import { toLikePattern } from '../../platform/db/like.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { getOwn } from '../../platform/own.ts';
import { addDays } from '../../platform/period.ts';
import { auditEvents, type ActorKind } from '../../schema/audit.ts';
import { users } from '../../schema/identity.ts';
import { tenants } from '../../schema/tenants.ts';
import { newestFirst, type AuditFilter } from './filter.ts';

/** One event as pages, exports and the API show it. */
export interface AuditRow {
  id: string;
  at: Date;
  actorKind: ActorKind;
  actorId: string | null;
  /** The name of the account today; null for deleted accounts and for everybody else. */
  actorName: string | null;
  /** The e-mail address at the time, or the operator's name on the server. */
  actorLabel: string | null;
  address: string | null;
  userAgent: string | null;
  requestId: string | null;
  action: string;
  /** The action in words. */
  title: string;
  targetType: string | null;
  targetId: string | null;
  targetLabel: string | null;
  before: Record<string, unknown> | null;
  after: Record<string, unknown> | null;
  tenantId: string | null;
  /** Null for an event of no workspace, or of one that was deleted. */
  workspace: string | null;
}

/** Whose events, and in which calendar the days of the filter are. */
export interface AuditScope {
  /** Undefined: of all workspaces and of none. Null: of none. */
  tenantId: string | null | undefined;
  timeZone: string;
}

/** Counting stops here. */
const countLimit = 10_000;

/** Reads one page of events, newest first. */
export async function readAuditPage(
  tx: Tx,
  scope: AuditScope,
  filter: AuditFilter,
  cursor: string | undefined,
  size: number,
): Promise<{ rows: AuditRow[]; next: string | null; previous: string | null }> {
  const keyset = keysetQuery(newestFirst, sql`${auditEvents.id}`, cursor, size);
  const rows = await tx
    .select({ ...columns, sortValue: keyset.sortValue })
    .from(auditEvents)
    .leftJoin(users, eq(users.id, auditEvents.actorId))
    .leftJoin(tenants, eq(tenants.id, auditEvents.tenantId))
    .where(and(whereFilter(scope, filter), keyset.where))
    .orderBy(keyset.orderBy)
    .limit(keyset.limit);
  const page = keysetPage(newestFirst, rows, cursor, size);
  return { ...page, rows: page.rows.map(toRow) };
}

/** Counts the events of a filter; a lower bound beyond 10,000. */
export async function countAudit(
  tx: Tx,
  scope: AuditScope,
  filter: AuditFilter,
): Promise<{ total: number; totalIsFloor: boolean }> {
  const some = tx
    .select({ one: sql`1`.as('one') })
    .from(auditEvents)
    .leftJoin(users, eq(users.id, auditEvents.actorId))
    .where(whereFilter(scope, filter))
    .limit(countLimit + 1)
    .as('some');
  const [row] = await tx.select({ count: sql<number>`count(*)::int` }).from(some);
  const count = row?.count ?? 0;
  return { total: Math.min(count, countLimit), totalIsFloor: count > countLimit };
}

function whereFilter({ tenantId, timeZone }: AuditScope, filter: AuditFilter): SQL | undefined {
  const { group, person, search, from, to } = filter;
  const startOf = (day: string) => sql`(${day}::date::timestamp at time zone ${timeZone})`;
  return and(
    tenantId === undefined
      ? undefined
      : tenantId === null
        ? isNull(auditEvents.tenantId)
        : eq(auditEvents.tenantId, tenantId),
    group === undefined ? undefined : inArray(auditEvents.action, listActionsOf(group)),
    person === undefined
      ? undefined
      : or(
          ilike(auditEvents.actorLabel, toLikePattern(person)),
          ilike(users.name, toLikePattern(person)),
        ),
    search === undefined
      ? undefined
      : or(
          ilike(auditEvents.targetLabel, toLikePattern(search)),
          eq(auditEvents.targetId, search),
          eq(auditEvents.address, search),
          eq(auditEvents.requestId, search),
        ),
    from === undefined ? undefined : gte(auditEvents.at, startOf(from)),
    to === undefined ? undefined : lt(auditEvents.at, startOf(addDays(to, 1))),
  );
}

const columns = {
  id: auditEvents.id,
  at: auditEvents.at,
  actorKind: auditEvents.actorKind,
  actorId: auditEvents.actorId,
  actorName: users.name,
  actorLabel: auditEvents.actorLabel,
  address: auditEvents.address,
  userAgent: auditEvents.userAgent,
  requestId: auditEvents.requestId,
  action: auditEvents.action,
  targetType: auditEvents.targetType,
  targetId: auditEvents.targetId,
  targetLabel: auditEvents.targetLabel,
  before: auditEvents.before,
  after: auditEvents.after,
  tenantId: auditEvents.tenantId,
  workspace: tenants.name,
};

type SelectedRow = Omit<AuditRow, 'title' | 'before' | 'after'> & {
  before: unknown;
  after: unknown;
  sortValue: string;
};

function toRow({ sortValue: _sortValue, before, after, ...row }: SelectedRow): AuditRow {
  return { ...row, title: titleOf(row.action), before: toFields(before), after: toFields(after) };
}

/** The words of an action; its name when this version does not know it. */
const titleOf = (action: string): string => getOwn<string>(auditActions, action) ?? action;

const toFields = (value: unknown) =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
