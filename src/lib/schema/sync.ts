import { sql } from 'drizzle-orm';
import {
  boolean,
  check,
  foreignKey,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  unique,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import { createdAt, id, instant, tenantId, tenantPolicy } from '../platform/db/columns.ts';
import { connections } from './connections.ts';

/** What became of the items fetched: fetched = inserted + changed + unchanged + rejected. */
const counters = () => ({
  pages: integer('pages').notNull().default(0),
  fetched: integer('fetched').notNull().default(0),
  inserted: integer('inserted').notNull().default(0),
  changed: integer('changed').notNull().default(0),
  unchanged: integer('unchanged').notNull().default(0),
  rejected: integer('rejected').notNull().default(0),
  deleted: integer('deleted').notNull().default(0),
});

/** One pass over one connection. */
export const syncRuns = pgTable(
  'sync_runs',
  {
    tenantId: tenantId(),
    id: id(),
    connectionId: uuid('connection_id').notNull(),
    trigger: text('trigger', { enum: ['schedule', 'manual', 'cli', 'replay'] }).notNull(),
    requestedBy: uuid('requested_by'),
    status: text('status', { enum: ['running', 'success', 'partial', 'failed'] })
      .notNull()
      .default('running'),
    startedAt: instant('started_at').notNull().defaultNow(),
    finishedAt: instant('finished_at'),
    /**
     * Fencing token: grows each time that a worker takes the run up. Whoever holds an older one may
     * write nothing.
     */
    lease: integer('lease').notNull().default(0),
    /**
     * Until when the holder may go on without a sign of life; null while no worker holds the run.
     */
    leaseUntil: instant('lease_until'),
    /** How often a lease ran out: the worker died or stood still. */
    losses: integer('losses').notNull().default(0),
    /** Whether a person has confirmed that much may be deleted at once. */
    acceptDeletions: boolean('accept_deletions').notNull().default(false),
    /** The connection's wakes when the run began. */
    wakes: integer('wakes').notNull().default(0),
    recordsUpdated: integer('records_updated').notNull().default(0),
    errorKind: text('error_kind'),
    errorMessage: text('error_message'),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    foreignKey({
      columns: [table.tenantId, table.connectionId],
      foreignColumns: [connections.tenantId, connections.id],
    }).onDelete('cascade'),
    uniqueIndex('sync_runs_one_running')
      .on(table.tenantId, table.connectionId)
      .where(sql`${table.status} = 'running'`),
    index('sync_runs_newest').on(table.tenantId, table.connectionId, table.startedAt.desc()),
    check('sync_runs_status', sql`${table.status} in ('running', 'success', 'partial', 'failed')`),
    tenantPolicy(table.tenantId),
  ],
);

/** The books of one stream in one run. */
export const syncRunStreams = pgTable(
  'sync_run_streams',
  {
    tenantId: tenantId(),
    runId: uuid('run_id').notNull(),
    stream: text('stream').notNull(),
    connectionId: uuid('connection_id').notNull(),
    passId: uuid('pass_id').notNull(),
    /**
     * What the pass reads: all there is, only what changed, or all in order to check what changes
     * missed.
     */
    mode: text('mode', { enum: ['full', 'changes', 'reconcile', 'replay'] })
      .notNull()
      .default('full'),
    status: text('status', { enum: ['running', 'success', 'partial', 'failed'] })
      .notNull()
      .default('running'),
    startedAt: instant('started_at').notNull().defaultNow(),
    finishedAt: instant('finished_at'),
    ...counters(),
    /** How many live items the source said it has, when it says so. */
    expected: integer('expected'),
    /** Records that only a reconcile pass found. */
    missed: integer('missed').notNull().default(0),
    /** Rows that a complete pass did not list and that were kept because they were too many. */
    heldBack: integer('held_back').notNull().default(0),
    /**
     * When the pass began, if it showed all there is and what it did not show was taken as gone:
     * what a replay builds on.
     */
    provenAt: instant('proven_at'),
    /** The page behind which a replay goes on. */
    replayedTo: jsonb('replayed_to'),
    errorKind: text('error_kind'),
    errorMessage: text('error_message'),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.runId, table.stream] }),
    foreignKey({
      columns: [table.tenantId, table.runId],
      foreignColumns: [syncRuns.tenantId, syncRuns.id],
    }).onDelete('cascade'),
    uniqueIndex('sync_run_streams_one_running')
      .on(table.tenantId, table.connectionId, table.stream)
      .where(sql`${table.status} = 'running'`),
    index('sync_run_streams_pass').on(
      table.tenantId,
      table.connectionId,
      table.stream,
      table.passId,
    ),
    check(
      'sync_run_streams_books',
      sql`${table.fetched} = ${table.inserted} + ${table.changed} + ${table.unchanged} + ${table.rejected}`,
    ),
    tenantPolicy(table.tenantId),
  ],
);

/** Where a stream of a connection stands. */
export const streamStates = pgTable(
  'stream_states',
  {
    tenantId: tenantId(),
    connectionId: uuid('connection_id').notNull(),
    stream: text('stream').notNull(),
    /** Where the pass continues; null at its start. */
    cursor: jsonb('cursor'),
    /** For streams that follow changes: how far the last finished pass got. */
    highWater: jsonb('high_water'),
    /**
     * Spans of source time that were read whole, merged: [[from, to], …] as ISO texts; null as
     * `from` is the beginning.
     */
    intervals: jsonb('intervals').notNull().default([]),
    /**
     * How far behind the high water a pass over changes begins, in seconds; null is the stream's
     * own default.
     */
    lookbackSeconds: integer('lookback_seconds'),
    /** What the pass under way reads. */
    passMode: text('pass_mode', { enum: ['full', 'changes', 'reconcile'] })
      .notNull()
      .default('full'),
    /**
     * True when the pass stood still for so long that it may have skipped items: it proves nothing
     * about absence.
     */
    passHasGap: boolean('pass_has_gap').notNull().default(false),
    /** When the last complete pass over everything began. */
    fullAt: instant('full_at'),
    /** Until when a pass waits with its cursor because the source asked for it. */
    pausedUntil: instant('paused_until'),
    passId: uuid('pass_id'),
    passStartedAt: instant('pass_started_at'),
    /** Pages of the pass that are stored. */
    passPages: integer('pass_pages').notNull().default(0),
    /** When the last complete pass began: the data is at least as fresh as this. */
    freshAt: instant('fresh_at'),
    /** When a pass last did not delete because too much was absent, and how much. */
    deletionHeldAt: instant('deletion_held_at'),
    deletionHeldCount: integer('deletion_held_count'),
    /** When a page was last stored or a pass begun or ended. */
    touchedAt: instant('touched_at'),
    version: integer('version').notNull().default(0),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.connectionId, table.stream] }),
    foreignKey({
      columns: [table.tenantId, table.connectionId],
      foreignColumns: [connections.tenantId, connections.id],
    }).onDelete('cascade'),
    tenantPolicy(table.tenantId),
  ],
);

/** An item that could not become a record, kept until it can or a person discards it. */
export const recordErrors = pgTable(
  'record_errors',
  {
    tenantId: tenantId(),
    id: id(),
    connectionId: uuid('connection_id').notNull(),
    stream: text('stream').notNull(),
    /** The source's id of the item, or a digest of it when it has none. */
    itemKey: text('item_key').notNull(),
    runId: uuid('run_id').notNull(),
    snapshotId: uuid('snapshot_id').notNull(),
    /** Place of the item on its page, from 0. */
    itemIndex: integer('item_index').notNull(),
    /**
     * The class of the reason, by which alike errors are retried together: a field's name or
     * "mapping".
     */
    kind: text('kind').notNull().default('mapping'),
    reason: text('reason').notNull(),
    /** Digest of the item as received: what a person decided holds for this very content only. */
    itemDigest: text('item_digest').notNull().default(''),
    /** JSON merge patch (RFC 7396) that a person laid over the item. */
    correction: jsonb('correction'),
    /** The item as text, with its values masked where they look like personal data. */
    payload: text('payload').notNull(),
    attempts: integer('attempts').notNull().default(1),
    createdAt: createdAt(),
    lastSeenAt: instant('last_seen_at').notNull().defaultNow(),
    resolvedAt: instant('resolved_at'),
    /**
     * How it left the list: the source mended it or lists it no more, a person corrected it, or a
     * person discarded it.
     */
    resolution: text('resolution', { enum: ['accepted', 'gone', 'corrected', 'discarded'] }),
    resolvedBy: uuid('resolved_by'),
    /** Why it was discarded, in the person's words. */
    note: text('note'),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    index('record_errors_open')
      .on(table.tenantId, table.lastSeenAt.desc())
      .where(sql`${table.resolvedAt} is null`),
    unique('record_errors_item').on(
      table.tenantId,
      table.connectionId,
      table.stream,
      table.itemKey,
    ),
    foreignKey({
      columns: [table.tenantId, table.connectionId],
      foreignColumns: [connections.tenantId, connections.id],
    }).onDelete('cascade'),
    tenantPolicy(table.tenantId),
  ],
);
