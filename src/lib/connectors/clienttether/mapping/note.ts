import type { NoteRecord } from '../../../records/note.ts';
import type { MapContext } from '../../contract/source.ts';
import { parseDateTime } from '../../../conversion/values/date-time.ts';
import { toPlainText } from '../../../conversion/values/plain-text.ts';
import { readItem } from '../responses.ts';
import type { ClientTetherSettings } from '../settings.ts';
import { formatPersonName } from '../values.ts';
import { requireId } from './shared.ts';

/** Maps an entry of a client's history to a note of the client whose list contained it. */
export function mapNote(
  item: unknown,
  { settings, partition }: MapContext<ClientTetherSettings>,
): NoteRecord {
  const note = readItem('note', item);
  return {
    externalId: requireId(note.id, 'note'),
    contactId: requireId(partition ?? note.contact_id, 'note', 'contact'),
    noteDate: parseDateTime(note.date, settings.timeZone),
    author: formatPersonName(note.author),
    content: toPlainText(note.content ?? ''),
  };
}
