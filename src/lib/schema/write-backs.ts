import { index, integer, jsonb, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { actionKeys, type Choice } from '../records/actions.ts';
import { connectionForeignKey } from './connections.ts';
import { createdAt, id, instant, tenantId, tenantPolicy } from '../platform/db/columns.ts';

/**
 * What people do to a record at its source (actions), as its own log: who, when, the request and its
 * response. The name is that of the first of them, which wrote a status back.
 */
export const writeBacks = pgTable(
  'write_backs',
  {
    tenantId: tenantId(),
    id: id(),
    connectionId: uuid('connection_id').notNull(),
    /** The stream and id of the record at its source. */
    stream: text('stream').notNull(),
    externalId: text('external_id').notNull(),
    /** Which of the stream's actions it is. */
    action: text('action', { enum: actionKeys }).notNull().default('status'),
    requestedBy: uuid('requested_by'),
    requestedAt: createdAt(),
    /**
     * The fields to change: their values here before the change, and the new values. What is added
     * has no values before.
     */
    before: jsonb('before').$type<Record<string, string | null>>().notNull(),
    wanted: jsonb('wanted').$type<Record<string, string | null>>().notNull(),
    /** The record as the person saw it when they decided, with `before`; null in older rows. */
    seen: jsonb('seen').$type<Record<string, string | null>>(),
    /** The version that the person decided about; null when its list had none. */
    seenTag: text('seen_tag'),
    /** The record as it turned out to be at its source, when that was something else. */
    found: jsonb('found').$type<Record<string, string | null>>(),
    foundTag: text('found_tag'),
    /**
     * - sent: the request was sent, and its result is not known (yet)
     * - waiting: it is sent at `nextAttemptAt`
     * - done: the source has it
     * - conflict: the source had something else, so a person has to decide; nothing was written
     * - withdrawn: a person or a newer change put an end to it
     * - refused: the source does not take it
     * - failed: it could not be delivered in time
     * - unknown: it was sent and may have arrived; it is not sent again, and a person has to look
     */
    outcome: text('outcome', {
      enum: ['sent', 'waiting', 'done', 'conflict', 'withdrawn', 'refused', 'failed', 'unknown'],
    })
      .notNull()
      .default('sent'),
    attempts: integer('attempts').notNull().default(0),
    attemptedAt: instant('attempted_at'),
    /** When it last went on its way, until it is known whether it arrived. */
    departedAt: instant('departed_at'),
    nextAttemptAt: instant('next_attempt_at'),
    finishedAt: instant('finished_at'),
    /** HTTP status of the response that decided the outcome; null without one. */
    status: integer('status'),
    /** The request body, and the response with masked values. */
    request: jsonb('request'),
    response: jsonb('response'),
    /** What happened, in plain words, while the change is not made. */
    message: text('message'),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    index('write_backs_of_record').on(
      table.tenantId,
      table.connectionId,
      table.stream,
      table.externalId,
      table.id,
    ),
    connectionForeignKey(table),
    tenantPolicy(table.tenantId),
  ],
);

/** What the fields of a connection's actions may be set to, as its source listed it last. */
export const actionChoices = pgTable(
  'action_choices',
  {
    tenantId: tenantId(),
    connectionId: uuid('connection_id').notNull(),
    /** By `<stream>/<action>`. */
    choices: jsonb('choices').$type<Record<string, Choice[]>>().notNull(),
    fetchedAt: instant('fetched_at').notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.connectionId] }),
    connectionForeignKey(table),
    tenantPolicy(table.tenantId),
  ],
);
