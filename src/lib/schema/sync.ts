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
import { connectionForeignKey } from './connections.ts';

/** Counts of the items fetched: fetched = inserted + changed + unchanged + rejected. */
const counters = () => ({
  pages: integer('pages').notNull().default(0),
  fetched: integer('fetched').notNull().default(0),
  inserted: integer('inserted').notNull().default(0),
  changed: integer('changed').notNull().default(0),
  unchanged: integer('unchanged').notNull().default(0),
  rejected: integer('rejected').notNull().default(0),
  deleted: integer('deleted').notNull().default(0),
});

/** One run of the worker over one connection. */
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
     * Fencing token: increases each time a worker takes the run. A worker with an older token may
     * write nothing.
     */
    lease: integer('lease').notNull().default(0),
    /**
     * End of the lease, which the worker renews while it works; null while no worker has the run.
     */
    leaseUntil: instant('lease_until'),
    /** How often a lease expired because its worker died or stalled. */
    losses: integer('losses').notNull().default(0),
    /** Whether a person has confirmed deletions beyond the limit. */
    acceptDeletions: boolean('accept_deletions').notNull().default(false),
    /** The connection's `wakes` when the run began. */
    wakes: integer('wakes').notNull().default(0),
    recordsUpdated: integer('records_updated').notNull().default(0),
    errorKind: text('error_kind'),
    errorMessage: text('error_message'),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    connectionForeignKey(table),
    uniqueIndex('sync_runs_one_running')
      .on(table.tenantId, table.connectionId)
      .where(sql`${table.status} = 'running'`),
    index('sync_runs_newest').on(table.tenantId, table.connectionId, table.startedAt.desc()),
    check('sync_runs_status', sql`${table.status} in ('running', 'success', 'partial', 'failed')`),
    tenantPolicy(table.tenantId),
  ],
);

/** The counters and the result of one stream in one run. */
export const syncRunStreams = pgTable(
  'sync_run_streams',
  {
    tenantId: tenantId(),
    runId: uuid('run_id').notNull(),
    stream: text('stream').notNull(),
    connectionId: uuid('connection_id').notNull(),
    passId: uuid('pass_id').notNull(),
    /**
     * What the pass reads: everything, only changes, everything in order to find what the changes
     * missed, or stored snapshots.
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
    /** How many live items the source reports, if it does. */
    expected: integer('expected'),
    /** Records that only a reconcile pass found. */
    missed: integer('missed').notNull().default(0),
    /**
     * Rows that a complete pass did not list and that it kept, because deleting them would exceed
     * the limit.
     */
    heldBack: integer('held_back').notNull().default(0),
    /**
     * When the pass began, if it listed everything and deleted what it did not list; otherwise
     * null. To a replay it proves what the source no longer has.
     */
    provenAt: instant('proven_at'),
    /** The page after which a replay continues. */
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

/** How far each stream of a connection has been read. */
export const streamStates = pgTable(
  'stream_states',
  {
    tenantId: tenantId(),
    connectionId: uuid('connection_id').notNull(),
    stream: text('stream').notNull(),
    /** Where the pass continues; null at its start. */
    cursor: jsonb('cursor'),
    /**
     * For streams that follow changes: the position up to which the last finished pass has read.
     */
    highWater: jsonb('high_water'),
    /**
     * Spans of source time that were read completely, merged: [[from, to], …] as ISO texts; `from`
     * is null for the beginning.
     */
    intervals: jsonb('intervals').notNull().default([]),
    /**
     * How far before the high-water mark a pass over changes begins, in seconds; null for the
     * stream's default.
     */
    lookbackSeconds: integer('lookback_seconds'),
    /** What the current pass reads. */
    passMode: text('pass_mode', { enum: ['full', 'changes', 'reconcile'] })
      .notNull()
      .default('full'),
    /**
     * True when the pass was interrupted for so long that it may have skipped items. The absence of
     * an item then proves nothing, and nothing is deleted.
     */
    passHasGap: boolean('pass_has_gap').notNull().default(false),
    /** When the last complete pass over everything began. */
    fullAt: instant('full_at'),
    /**
     * When the mapping last began to name fields that had not been asked for. A pass that began
     * before has not read everything.
     */
    rereadAt: instant('reread_at'),
    /** Until when the pass waits, keeping its cursor, because the source asked for it. */
    pausedUntil: instant('paused_until'),
    passId: uuid('pass_id'),
    passStartedAt: instant('pass_started_at'),
    /** How many pages of the pass are stored. */
    passPages: integer('pass_pages').notNull().default(0),
    /** When the last complete pass began: the data is at least as fresh as this. */
    freshAt: instant('fresh_at'),
    /** When a pass last held deletions back because too many rows were absent, and how many. */
    deletionHeldAt: instant('deletion_held_at'),
    deletionHeldCount: integer('deletion_held_count'),
    /** When a page was last stored or a pass begun or ended. */
    touchedAt: instant('touched_at'),
    version: integer('version').notNull().default(0),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.connectionId, table.stream] }),
    connectionForeignKey(table),
    tenantPolicy(table.tenantId),
  ],
);

/**
 * A rejected record: an item that could not become a record, kept until it can or a person discards
 * it.
 */
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
     * Class of the reason: a field's name or "mapping". Rejected records of one class can be
     * retried together.
     */
    kind: text('kind').notNull().default('mapping'),
    reason: text('reason').notNull(),
    /** Digest of the item as received: a person's decision applies to this content only. */
    itemDigest: text('item_digest').notNull().default(''),
    /** JSON merge patch (RFC 7396) by which a person corrected the item. */
    correction: jsonb('correction'),
    /** The item as text, with its values masked where they look like personal data. */
    payload: text('payload').notNull(),
    attempts: integer('attempts').notNull().default(1),
    createdAt: createdAt(),
    lastSeenAt: instant('last_seen_at').notNull().defaultNow(),
    resolvedAt: instant('resolved_at'),
    /**
     * How it was resolved: the source corrected the item or no longer lists it, a person corrected
     * it, or a person discarded it.
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
    connectionForeignKey(table),
    tenantPolicy(table.tenantId),
  ],
);

/**
 * What a workspace changes about the default mapping of a stream. The newest version is in force;
 * without any, the default is, as version 0.
 */
export const streamMappings = pgTable(
  'stream_mappings',
  {
    tenantId: tenantId(),
    connectionId: uuid('connection_id').notNull(),
    stream: text('stream').notNull(),
    version: integer('version').notNull(),
    /** Entries that differ from the default, as in src/lib/conversion/schema/overrides.ts. */
    overrides: jsonb('overrides').notNull(),
    /** Why it was changed, in the words of whoever did. */
    note: text('note'),
    createdAt: createdAt(),
    createdBy: uuid('created_by'),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.connectionId, table.stream, table.version] }),
    connectionForeignKey(table),
    tenantPolicy(table.tenantId),
  ],
);
