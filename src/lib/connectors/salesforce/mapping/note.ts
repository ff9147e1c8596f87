import type { MappingSchema } from '../../../conversion/schema/shape.ts';
import { RecordRejected, type Interpretation } from '../../contract/source.ts';
import { toObject } from '../../kit/json.ts';
import { instant, line, oneLine, orElse, plainText, stacked } from '../../kit/mapping.ts';
import { findSalesObject } from '../ids.ts';
import { readId } from '../place.ts';
import { parseRow, readFlag, readLookup, readRichText, readText, readValue } from './values.ts';

/** A note of the older kind, which belongs to one record. */
export function interpretNote(item: unknown): Interpretation<'note'> {
  const row = parseRow(item);
  const contactId = readLookup(row, 'ParentId');
  if (contactId === null)
    throw new RecordRejected('The note names no record that it belongs to.', 'ParentId');
  return { keys: { externalId: row.id, contactId } };
}

export const noteMapping = (): MappingSchema => mapping('Body');

const mapping = (text: string): MappingSchema => [
  instant('noteDate', 'CreatedDate'),
  line('author', 'CreatedBy.Name'),
  orElse(
    stacked('content', [
      ['Title', oneLine],
      [text, plainText],
    ]),
    '',
  ),
];

/**
 * Whether a note belongs to a sales record, has any text, and is not private. A note without an id
 * is kept, so that it is rejected with that reason.
 */
export function isSalesNote(row: object): boolean {
  if (readId(row) === undefined) return true;
  const parent = readLookup(row, 'ParentId');
  const isAboutSales = parent !== null && findSalesObject(parent) !== undefined;
  const hasText = readText(row, 'Title') !== null || readRichText(row, 'Body') !== null;
  return isAboutSales && hasText && readFlag(row, 'IsPrivate') !== true;
}

/** A note of the newer kind, which is a document that may be attached to several records. */
export function interpretContentNote(item: unknown): Interpretation<'note'> {
  const row = parseRow(item);
  const contactId = findLinkedRecord(row);
  if (contactId === undefined)
    throw new RecordRejected(
      'The note names no record that it belongs to.',
      'ContentDocumentLinks',
    );
  return { keys: { externalId: row.id, contactId } };
}

/** Lists show the first 255 characters of the text of a document. */
const PREVIEW = 'LatestPublishedVersion.TextPreview';

export const contentNoteMapping = (): MappingSchema => mapping(PREVIEW);

/** Whether a document is attached to a sales record and has any text. */
export function isSalesDocument(row: object): boolean {
  if (readId(row) === undefined) return true;
  const hasText = readText(row, 'Title') !== null || readRichText(row, PREVIEW) !== null;
  return hasText && findLinkedRecord(row) !== undefined;
}

/** Leads and contacts come before opportunities and accounts, because notes are about people. */
const ORDER = ['Lead', 'Contact', 'Opportunity', 'Account'];

/** The sales record that a document is attached to. Its owner is always attached as well. */
function findLinkedRecord(row: object): string | undefined {
  const links = readValue(row, 'ContentDocumentLinks.records');
  const ids = (Array.isArray(links) ? links : []).flatMap(
    (link) => readLookup(toObject(link), 'LinkedEntityId') ?? [],
  );
  return ORDER.map((object) => ids.find((id) => findSalesObject(id) === object)).find(
    (id) => id !== undefined,
  );
}
