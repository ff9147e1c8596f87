import { z } from 'zod';
import { maxNotes, notesPerLoad } from '../views/notes.ts';
import { storableText } from './fields.ts';
import { tenantParameter } from './tenant.ts';
import { instant } from './codec.ts';

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
      noteDate: instant.nullable(),
      author: z.string().nullable(),
      content: z.string(),
      contactName: z.string().nullable(),
    }),
  ),
  total: z.int().min(0).describe('Number of matching notes.'),
  limit: z.int(),
  offset: z.int(),
  search: z.string(),
});
