import { z } from 'zod';
import { instant, line, optionalLine, prose } from './text.ts';

/** Something a person wrote about a contact. */
export const noteRecord = z.object({
  externalId: line(200),
  /** The contact's id in the source. */
  contactId: line(200),
  noteDate: instant().nullable(),
  author: optionalLine(),
  /** Plain text. */
  content: prose(),
});
export type NoteRecord = z.output<typeof noteRecord>;
