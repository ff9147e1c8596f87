import type { MappingSchema } from '../../../conversion/schema/shape.ts';
import type { Interpretation, ItemContext } from '../../contract/source.ts';
import { firstOf, instant, orElse } from '../../kit/mapping.ts';
import { namesOf, readItem } from '../responses.ts';
import type { ClientTetherSettings } from '../settings.ts';
import { requireId } from './require-id.ts';
import { personName, plainText } from './steps.ts';

type Context = ItemContext<ClientTetherSettings>;

/** A note belongs to the client whose list contained it, else to the one that it names. */
export function interpretNote(item: unknown, { partition }: Context): Interpretation<'note'> {
  const note = readItem('note', item);
  return {
    keys: {
      externalId: requireId(note.id, 'note'),
      contactId: requireId(partition ?? note.contact_id, 'note', 'contact'),
    },
  };
}

/** An entry of a client's history as a note. */
export const noteMapping = ({ settings }: Pick<Context, 'settings'>): MappingSchema => [
  instant('noteDate', namesOf('note', 'date'), settings.timeZone),
  firstOf('author', namesOf('note', 'author'), personName),
  orElse(firstOf('content', namesOf('note', 'content'), plainText), ''),
];
