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
import { connectionForeignKey } from './connections.ts';
import { leads } from './leads.ts';
import { pushStates } from '../records/lead.ts';
import { createdAt, id, instant, tenantId, tenantPolicy } from '../platform/db/columns.ts';

/** The push of one lead into one connected CRM, and its state. */
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
     * When it is due to be sent; null when there is nothing to send. The worker that takes it moves
     * this time to the end of its lease.
     */
    dueAt: instant('due_at'),
    /**
     * Fencing token: increases each time a worker takes the push. Every write of the worker
     * compares it.
     */
    lease: integer('lease').notNull().default(0),
    leaseUntil: instant('lease_until'),
    /** Consecutive failed attempts. */
    attempts: integer('attempts').notNull().default(0),
    lastAttemptAt: instant('last_attempt_at'),
    syncedAt: instant('synced_at'),
    /**
     * Ids in the CRM: of the lead, and of the records created with it, by role (company, contact,
     * deal).
     */
    remoteId: text('remote_id'),
    remoteIds: jsonb('remote_ids').$type<Record<string, string>>().notNull().default({}),
    /**
     * Records that an unfinished push has created in the CRM, by role. If the push fails for good,
     * those that nobody has changed since are deleted again.
     */
    made: jsonb('made')
      .$type<Record<string, { id: string; version: string }>>()
      .notNull()
      .default({}),
    /**
     * Digest of the rows that the values were last read from. If it differs from the current one,
     * there may be something to send.
     */
    seen: text('seen'),
    /**
     * The values that both sides had after the last success, by remote field. A side with another
     * value has changed the field.
     */
    base: jsonb('base').$type<Record<string, string | number | boolean | null>>(),
    /** Digest of the last values that were sent successfully. */
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
    connectionForeignKey(table),
    foreignKey({
      columns: [table.tenantId, table.leadId],
      foreignColumns: [leads.tenantId, leads.id],
    }).onDelete('cascade'),
    tenantPolicy(table.tenantId),
  ],
);

/**
 * The audit log of pushes: each request with its response, and each decision. Rows never change;
 * old requests are deleted (src/lib/outbound/push/prune.ts), decisions are kept.
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
     * What the event is about: requested, find, company, contact, lead, deal, undo, synced,
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

/** A field that both sides have changed since they last agreed, kept until a person decides. */
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
 * Which of our fields fills which field of the CRM. The newest version is in force; without any,
 * the provider's default mapping is, as version 0.
 */
export const pushMappings = pgTable(
  'push_mappings',
  {
    tenantId: tenantId(),
    connectionId: uuid('connection_id').notNull(),
    version: integer('version').notNull(),
    /**
     * The rows that were in force when the version was saved, as in
     * src/lib/connectors/contract/destination.ts.
     */
    fields: jsonb('fields').notNull(),
    /**
     * The rows that differ from the provider's default, each with the one that it replaces: what is
     * in force is the default of today with these changes. Null for versions of the time before
     * there were any; of these all rows are in force.
     */
    overrides: jsonb('overrides'),
    /** What the person who saved it noted. */
    note: text('note'),
    createdAt: createdAt(),
    createdBy: uuid('created_by'),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.connectionId, table.version] }),
    connectionForeignKey(table),
    tenantPolicy(table.tenantId),
  ],
);

/** The CRM's own metadata about its fields, option sets and keys, as last read. */
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
    connectionForeignKey(table),
    tenantPolicy(table.tenantId),
  ],
);

/**
 * Pushed leads whose copy in the CRM has to be compared with ours. A row is written in the
 * transaction that changed the copy or the lead, and deleted in the one that applies the result.
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
    connectionForeignKey(table),
    tenantPolicy(table.tenantId),
  ],
);
