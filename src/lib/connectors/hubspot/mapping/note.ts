import type { MappingSchema } from '../../../conversion/schema/shape.ts';
import { RecordRejected, type Interpretation } from '../../contract/source.ts';
import { line } from '../../kit/mapping.ts';
import { readItem } from '../item.ts';
import { readSubject } from './subject.ts';
import { joinProse, time } from './values.ts';

/** A note, and the fact that files are attached. */
export function interpretNote(value: unknown): Interpretation<'note'> {
  const item = readItem(value);
  const contactId = readSubject(item);
  if (contactId === null)
    throw new RecordRejected('The note names no record that it belongs to.', 'about.links');
  const files = (item.properties['hs_attachment_ids'] ?? '').split(';').filter(Boolean).length;
  const attached = files === 1 ? '1 attached file' : `${files} attached files`;
  return {
    keys: { externalId: item.id, contactId },
    facts: { attached: files === 0 ? null : attached },
  };
}

export const noteMapping = (): MappingSchema => [
  time('noteDate', ['properties.hs_timestamp', 'properties.hs_createdate']),
  line('author', 'about.owner'),
  {
    target: 'content',
    sources: ['properties.hs_note_body', '@attached'],
    steps: [...joinProse, { fn: 'default', args: { value: '' } }],
    fallback: '',
  },
];
