import { and, desc, eq, isNotNull, isNull, sql } from 'drizzle-orm';
import { addedLabelOf, labelStream } from '../../connections/streams.ts';
import { connections } from '../../schema/connections.ts';
import { keysetPage, keysetQuery, type SortOrder } from '../../platform/db/keyset.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { isId } from '../../platform/id.ts';
import { recordErrors } from '../../schema/sync.ts';
import { rejectionKindLabel } from './labels.ts';

/** Which rejections a list shows; a missing property does not restrict it. */
export interface RejectionFilter {
  connection?: string | undefined;
  stream?: string | undefined;
  kind?: string | undefined;
  cursor?: string | undefined;
}

/** Rows of one page: fewer than in other tables, because each row shows its item. */
const pageSize = 25;
const newestFirst: SortOrder = {
  expression: sql`last_seen_at`,
  type: 'timestamptz',
  direction: 'desc',
};

const onConnection = and(
  eq(connections.tenantId, recordErrors.tenantId),
  eq(connections.id, recordErrors.connectionId),
);

/** Where a record comes from, for people. */
const originColumns = {
  connectionId: recordErrors.connectionId,
  provider: connections.provider,
  source: connections.label,
  stream: recordErrors.stream,
  kind: recordErrors.kind,
};

const addedLabel = addedLabelOf(recordErrors).as('added_label');

interface Origin {
  connectionId: string;
  provider: string;
  stream: string;
  kind: string;
  addedLabel: string | null;
}

const addLabels = <Row extends Origin>({ addedLabel: added, ...row }: Row) => ({
  ...row,
  streamLabel: labelStream({ ...row, addedLabel: added }),
  kindLabel: rejectionKindLabel(row.kind),
});

/** How many rejections are open for each kind of reason, most first. */
export async function listRejectionGroups(tx: Tx, tenantId: string) {
  const count = sql<number>`count(*)::int`.as('count');
  const rows = await tx
    .select({ ...originColumns, addedLabel, count })
    .from(recordErrors)
    .innerJoin(connections, onConnection)
    .where(and(eq(recordErrors.tenantId, tenantId), isNull(recordErrors.resolvedAt)))
    .groupBy(recordErrors.tenantId, ...Object.values(originColumns))
    .orderBy(desc(count), recordErrors.stream, recordErrors.kind);
  return rows.map(addLabels);
}

/** One page of the open rejections, newest first. */
export async function listRejections(tx: Tx, tenantId: string, filter: RejectionFilter) {
  const keyset = keysetQuery(newestFirst, sql`${recordErrors.id}`, filter.cursor, pageSize);
  const rows = await tx
    .select({
      ...originColumns,
      addedLabel,
      id: recordErrors.id,
      key: recordErrors.itemKey,
      reason: recordErrors.reason,
      payload: recordErrors.payload,
      attempts: recordErrors.attempts,
      firstSeenAt: recordErrors.createdAt,
      lastSeenAt: recordErrors.lastSeenAt,
      sortValue: keyset.sortValue,
    })
    .from(recordErrors)
    .innerJoin(connections, onConnection)
    .where(
      and(
        eq(recordErrors.tenantId, tenantId),
        isNull(recordErrors.resolvedAt),
        whereFilter(filter),
        keyset.where,
      ),
    )
    .orderBy(keyset.orderBy)
    .limit(keyset.limit);
  const page = keysetPage(newestFirst, rows, filter.cursor, pageSize);
  const bare = page.rows.map(({ sortValue: _sortValue, ...row }) => row);
  return { ...page, rows: bare.map(addLabels) };
}

function whereFilter({ connection, stream, kind }: RejectionFilter) {
  return and(
    connection === undefined
      ? undefined
      : isId(connection)
        ? eq(recordErrors.connectionId, connection)
        : sql`false`,
    stream === undefined ? undefined : eq(recordErrors.stream, stream),
    kind === undefined ? undefined : eq(recordErrors.kind, kind),
  );
}

/** The rejections that were resolved last, newest first. */
export async function listResolvedRejections(tx: Tx, tenantId: string, limit: number) {
  const { id, itemKey: key, resolvedAt, resolution, resolvedBy, note } = recordErrors;
  const rows = await tx
    .select({ ...originColumns, addedLabel, id, key, resolvedAt, resolution, resolvedBy, note })
    .from(recordErrors)
    .innerJoin(connections, onConnection)
    .where(and(eq(recordErrors.tenantId, tenantId), isNotNull(resolvedAt)))
    .orderBy(desc(resolvedAt))
    .limit(limit);
  return rows.map(addLabels);
}
