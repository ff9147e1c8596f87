import { z } from 'zod';
import { maxNotes, notesPerLoad } from '../views/notes.ts';
import { noteFields } from '../records/note.ts';
import { shownSchema } from './field-schema.ts';
import { storableText } from './fields.ts';
import { tenantParameter } from './tenant.ts';

export const notesQuery = z.object({
  tenant: tenantParameter,
  limit: z.coerce.number().int().min(1).max(maxNotes).default(notesPerLoad),
  offset: z.coerce.number().int().min(0).max(10_000_000).default(0),
  search: storableText('note')
    .default('')
    .describe('Text to find in content and author; not case-sensitive.'),
});

/** The response of GET /api/dashboard/notes, newest first. */
export const notesResponse = z.object({
  notes: z.array(
    z.object({
      id: z.uuid(),
      ...shownSchema(noteFields, 'list').shape,
      contactName: z.string().nullable(),
    }),
  ),
  total: z.int().min(0).describe('Number of matching notes.'),
  limit: z.int(),
  offset: z.int(),
  search: z.string(),
});
