import { sql } from 'drizzle-orm';
import { index, pgTable, text } from 'drizzle-orm/pg-core';
import { instant } from '../platform/db/columns.ts';
import { knownOrLowest } from '../platform/db/keyset.ts';
import { entityColumns, entityKeys } from './entity-columns.ts';

/** The sort order of notes; see leadSort. */
export const newestNote = knownOrLowest(sql`note_date`);

export const notes = pgTable(
  'notes',
  {
    ...entityColumns(),
    contactId: text('contact_id').notNull(),
    noteDate: instant('note_date'),
    author: text('author'),
    content: text('content').notNull(),
  },
  (table) => [
    ...entityKeys('notes', table),
    index('notes_by_date')
      .on(table.tenantId, newestNote, table.id)
      .where(sql`deleted_at is null`),
    index('notes_by_contact').on(table.tenantId, table.contactId),
  ],
);
