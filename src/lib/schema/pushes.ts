import { sql } from 'drizzle-orm';
import {
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
import { connections } from './connections.ts';
import { leads } from './leads.ts';
import { pushStates } from '../records/lead.ts';
import { createdAt, id, instant, tenantId, tenantPolicy } from '../platform/db/columns.ts';

/** One lead on its way into one connected CRM, and where it stands there. */
export const pushes = pgTable(
  'pushes',
  {
    tenantId: tenantId(),
    id: id(),
    connectionId: uuid('connection_id').notNull(),
    leadId: uuid('lead_id').notNull(),
    state: text('state', { enum: pushStates }).notNull(),
    requestedAt: instant('requested_at').notNull().defaultNow(),
    requestedBy: uuid('requested_by'),
    /**
     * When it is to be sent; null when there is nothing to send. A worker that has it in hand moves
     * it on, as a lease.
     */
    dueAt: instant('due_at'),
    /**
     * Fencing token: grows with each worker that takes the push up, and every write of a worker
     * compares it.
     */
    lease: integer('lease').notNull().default(0),
    leaseUntil: instant('lease_until'),
    /** Tries in a row that failed. */
    attempts: integer('attempts').notNull().default(0),
    lastAttemptAt: instant('last_attempt_at'),
    syncedAt: instant('synced_at'),
    /**
     * The lead's id there, and those of what was made around it, by table: account, contact,
     * opportunity.
     */
    remoteId: text('remote_id'),
    remoteIds: jsonb('remote_ids').$type<Record<string, string>>().notNull().default({}),
    /**
     * What a push that is not done yet has made there so far, by table: taken back if it fails for
     * good and nobody has changed it.
     */
    made: jsonb('made').$type<Record<string, { id: string; etag: string }>>().notNull().default({}),
    /**
     * Digest of the rows that the values were last read from: when it is another one now, there may
     * be something to send.
     */
    seen: text('seen'),
    /**
     * What both sides agreed on after the last success, by remote field: who differs from it has
     * changed it.
     */
    base: jsonb('base').$type<Record<string, string | number | boolean | null>>(),
    /** Digest of what was sent last with success. */
    payloadHash: text('payload_hash'),
    mappingVersion: integer('mapping_version'),
    errorKind: text('error_kind'),
    errorMessage: text('error_message'),
    createdAt: createdAt(),
    updatedAt: instant('updated_at').notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    unique('pushes_one_per_lead').on(table.tenantId, table.connectionId, table.leadId),
    index('pushes_due')
      .on(table.tenantId, table.connectionId, table.dueAt)
      .where(sql`${table.dueAt} is not null`),
    index('pushes_by_state').on(table.tenantId, table.state, table.updatedAt),
    index('pushes_by_lead').on(table.tenantId, table.leadId),
    index('pushes_by_remote').on(table.tenantId, table.connectionId, table.remoteId),
    foreignKey({
      columns: [table.tenantId, table.connectionId],
      foreignColumns: [connections.tenantId, connections.id],
    }).onDelete('cascade'),
    foreignKey({
      columns: [table.tenantId, table.leadId],
      foreignColumns: [leads.tenantId, leads.id],
    }).onDelete('cascade'),
    tenantPolicy(table.tenantId),
  ],
);

/**
 * The audit trail of pushes: each request and its answer, each decision, never changed. Old steps
 * go (prune.ts), decisions stay.
 */
export const pushEvents = pgTable(
  'push_events',
  {
    tenantId: tenantId(),
    id: id(),
    pushId: uuid('push_id').notNull(),
    at: createdAt(),
    attempt: integer('attempt').notNull(),
    /**
     * What it was about: requested, find, account, contact, lead, opportunity, undo, synced,
     * failed, conflict, resolved, pulled.
     */
    step: text('step').notNull(),
    method: text('method'),
    /** Path and query of the request, without its host. */
    path: text('path'),
    status: integer('status'),
    /** Bodies with personal data masked; null when there was none. */
    request: jsonb('request'),
    response: jsonb('response'),
    outcome: text('outcome', { enum: ['ok', 'failed', 'note'] }).notNull(),
    message: text('message'),
    ms: integer('ms'),
    actor: uuid('actor'),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    index('push_events_of_push').on(table.tenantId, table.pushId, table.id),
    foreignKey({
      columns: [table.tenantId, table.pushId],
      foreignColumns: [pushes.tenantId, pushes.id],
    }).onDelete('cascade'),
    tenantPolicy(table.tenantId),
  ],
);

/** A field that both sides changed since they agreed, kept until a person has decided. */
export const pushConflicts = pgTable(
  'push_conflicts',
  {
    tenantId: tenantId(),
    id: id(),
    pushId: uuid('push_id').notNull(),
    /** The remote field, such as companyname. */
    field: text('field').notNull(),
    ours: text('ours'),
    theirs: text('theirs'),
    base: text('base'),
    foundAt: instant('found_at').notNull().defaultNow(),
    resolvedAt: instant('resolved_at'),
    resolution: text('resolution', { enum: ['ours', 'theirs', 'gone'] }),
    resolvedBy: uuid('resolved_by'),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    index('push_conflicts_of_push').on(table.tenantId, table.pushId, table.foundAt),
    uniqueIndex('push_conflicts_one_open')
      .on(table.tenantId, table.pushId, table.field)
      .where(sql`${table.resolvedAt} is null`),
    foreignKey({
      columns: [table.tenantId, table.pushId],
      foreignColumns: [pushes.tenantId, pushes.id],
    }).onDelete('cascade'),
    tenantPolicy(table.tenantId),
  ],
);

/**
 * Which of our fields fills which field of the CRM, version by version; the newest is in force.
 * Without any, the provider's own mapping, version 0.
 */
export const pushMappings = pgTable(
  'push_mappings',
  {
    tenantId: tenantId(),
    connectionId: uuid('connection_id').notNull(),
    version: integer('version').notNull(),
    /** Rows as in src/lib/connectors/contract/destination.ts. */
    fields: jsonb('fields').notNull(),
    createdAt: createdAt(),
    createdBy: uuid('created_by'),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.connectionId, table.version] }),
    foreignKey({
      columns: [table.tenantId, table.connectionId],
      foreignColumns: [connections.tenantId, connections.id],
    }).onDelete('cascade'),
    tenantPolicy(table.tenantId),
  ],
);

/** What the CRM says of its own fields, option sets and keys, as last read. */
export const pushTargets = pgTable(
  'push_targets',
  {
    tenantId: tenantId(),
    connectionId: uuid('connection_id').notNull(),
    metadata: jsonb('metadata').notNull(),
    fetchedAt: instant('fetched_at').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.connectionId] }),
    foreignKey({
      columns: [table.tenantId, table.connectionId],
      foreignColumns: [connections.tenantId, connections.id],
    }).onDelete('cascade'),
    tenantPolicy(table.tenantId),
  ],
);

/**
 * Pushed leads whose copy there has to be looked at: written in the transaction that changed the
 * copy or the lead, deleted in the one that draws the consequences.
 */
export const pushPulls = pgTable(
  'push_pulls',
  {
    tenantId: tenantId(),
    connectionId: uuid('connection_id').notNull(),
    leadId: uuid('lead_id').notNull(),
    markedAt: instant('marked_at').notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.connectionId, table.leadId] }),
    foreignKey({
      columns: [table.tenantId, table.connectionId],
      foreignColumns: [connections.tenantId, connections.id],
    }).onDelete('cascade'),
    tenantPolicy(table.tenantId),
  ],
);
