import type { NoteRecord } from '../../../records/note.ts';
import { RecordRejected } from '../../contract/source.ts';
import { toObject } from '../../kit/json.ts';
import { findSalesObject } from '../ids.ts';
import { readId } from '../place.ts';
import {
  joinLines,
  parseRow,
  readDate,
  readFlag,
  readLookup,
  readRichText,
  readText,
  readValue,
} from './values.ts';

/** Maps a note of the older kind, which belongs to one record. */
export function mapNote(item: unknown): NoteRecord {
  const row = parseRow(item);
  const contactId = readLookup(row, 'ParentId');
  if (contactId === null)
    throw new RecordRejected('The note names no record that it belongs to.', 'ParentId');
  return {
    externalId: row.id,
    contactId,
    noteDate: readDate(row, 'CreatedDate'),
    author: readText(row, 'CreatedBy.Name'),
    content: joinLines([readText(row, 'Title'), readRichText(row, 'Body')]) ?? '',
  };
}

/**
 * Whether a note belongs to a sales record, has any text, and is not private. A note without an id
 * is kept, so that the mapping rejects it with that reason.
 */
export function isSalesNote(row: object): boolean {
  if (readId(row) === undefined) return true;
  const parent = readLookup(row, 'ParentId');
  const isAboutSales = parent !== null && findSalesObject(parent) !== undefined;
  const hasText = readText(row, 'Title') !== null || readRichText(row, 'Body') !== null;
  return isAboutSales && hasText && readFlag(row, 'IsPrivate') !== true;
}

/**
 * Maps a note of the newer kind, which is a document that may be attached to several records. Lists
 * show the first 255 characters of its text.
 */
export function mapContentNote(item: unknown): NoteRecord {
  const row = parseRow(item);
  const contactId = findLinkedRecord(row);
  if (contactId === undefined)
    throw new RecordRejected(
      'The note names no record that it belongs to.',
      'ContentDocumentLinks',
    );
  return {
    externalId: row.id,
    contactId,
    noteDate: readDate(row, 'CreatedDate'),
    author: readText(row, 'CreatedBy.Name'),
    content: joinLines([readText(row, 'Title'), readPreview(row)]) ?? '',
  };
}

const readPreview = (row: object): string | null =>
  readRichText(row, 'LatestPublishedVersion.TextPreview');

/** Whether a document is attached to a sales record and has any text. */
export function isSalesDocument(row: object): boolean {
  if (readId(row) === undefined) return true;
  const hasText = readText(row, 'Title') !== null || readPreview(row) !== null;
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
