import type { NoteRecord } from '../../../records/note.ts';
import type { MapContext } from '../../contract/source.ts';
import { readItem } from '../responses.ts';
import type { ClientTetherSettings } from '../settings.ts';
import { dateOf, personOf, plainTextOf } from '../values.ts';
import { idOf } from './shared.ts';

/** An entry of a client's history as a note. It belongs to the client whose list it came in. */
export function mapNote(
  item: unknown,
  { settings, partition }: MapContext<ClientTetherSettings>,
): NoteRecord {
  const note = readItem('note', item);
  return {
    externalId: idOf(note.id, 'note'),
    contactId: idOf(partition ?? note.contact_id, 'note', 'contact'),
    noteDate: dateOf(note.date, 'date', settings.timeZone),
    author: personOf(note.author),
    content: plainTextOf(note.content ?? ''),
  };
}
