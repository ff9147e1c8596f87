import type { MappingSchema } from '../../../conversion/schema/shape.ts';
import { RecordRejected, type Interpretation } from '../../contract/source.ts';
import { instant, line, oneLine, orElse, plainText, stacked } from '../../kit/mapping.ts';
import { labelPath, parseRow, readText, TABLE_ANNOTATION } from './values.ts';

const SUBJECT = '_objectid_value';

export function interpretNote(item: unknown): Interpretation<'note'> {
  const row = parseRow(item, 'annotationid');
  const contactId = readText(row, SUBJECT);
  if (contactId === null)
    throw new RecordRejected('The note names no record that it belongs to.', SUBJECT);
  return { keys: { externalId: row.id, contactId } };
}

/** The text of a note, and the name of an attached file. */
export const noteMapping = (): MappingSchema => [
  instant('noteDate', 'createdon'),
  line('author', labelPath('_createdby_value')),
  orElse(
    stacked('content', [
      ['subject', oneLine],
      ['notetext', plainText],
      ['filename', [...oneLine, { fn: 'affix', args: { before: 'Attached: ' } }]],
    ]),
    '',
  ),
];

/** Tables whose notes are kept; so are notes whose table is unknown. */
const SALES = ['account', 'contact', 'lead', 'opportunity'];

/**
 * Whether a note belongs to a sales record and has any text. Notes can be attached to every kind of
 * row, such as cases and e-mails.
 */
export function isSalesNote(row: object): boolean {
  const text = (column: string): string => String(Reflect.get(row, column) ?? '').trim();
  // A note without an id is kept, so that it is rejected with that reason.
  if (text('annotationid') === '') return true;
  const table = text(`${SUBJECT}${TABLE_ANNOTATION}`);
  const isAboutSales = text(SUBJECT) !== '' && (table === '' || SALES.includes(table));
  return isAboutSales && ['subject', 'notetext', 'filename'].some((column) => text(column) !== '');
}
