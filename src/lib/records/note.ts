import type { z } from 'zod';
import { defineFields, recordSchema } from './fields.ts';
import { sourceId } from './shared.ts';
import { idLine, instant, optionalLine, prose } from './text.ts';

/** Something a person wrote about a contact. */
export const noteFields = defineFields({
  ...sourceId,
  /** The contact's id in the source. */
  contactId: { kind: 'text', label: 'Contact', required: true, record: idLine(), fixed: true },
  noteDate: {
    kind: 'instant',
    label: 'Date',
    record: instant().nullable(),
    shownIn: 'list',
    export: { width: 18 },
  },
  author: {
    kind: 'text',
    label: 'Author',
    record: optionalLine(),
    shownIn: 'list',
    export: { width: 20 },
  },
  /** Plain text. */
  content: {
    kind: 'text',
    label: 'Content',
    required: true,
    record: prose(),
    shownIn: 'list',
    export: { width: 80 },
  },
});

export const noteRecord = recordSchema(noteFields);
export type NoteRecord = z.output<typeof noteRecord>;
