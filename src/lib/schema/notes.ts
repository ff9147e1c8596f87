import { sql } from 'drizzle-orm';
import { index, pgTable } from 'drizzle-orm/pg-core';
import { nullsLowest } from '../platform/db/keyset.ts';
import { noteFields } from '../records/note.ts';
import { fieldColumns } from './field-columns.ts';
import { entityColumns, entityKeys } from './entity-columns.ts';

/** The sort order of notes; see leadSort. */
export const newestNote = nullsLowest(sql`note_date`);

export const notes = pgTable(
  'notes',
  {
    ...entityColumns(),
    ...fieldColumns(noteFields),
  },
  (table) => [
    ...entityKeys('notes', table),
    index('notes_by_date')
      .on(table.tenantId, newestNote, table.id)
      .where(sql`deleted_at is null`),
    index('notes_by_contact').on(table.tenantId, table.contactId),
  ],
);
