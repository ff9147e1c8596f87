import type { Cursor, Page, ReadContext } from '../contract/source.ts';
import { createClientTetherClient } from './client.ts';
import type { ClientTetherSettings } from './settings.ts';

/**
 * The notes of the clients that are due, one page per client. The pages of a batch come in any
 * order, so each carries the cursor from before the batch, and only the last one the batch's own.
 * One page is held back throughout, because only the next page tells whether it was the last of its
 * batch or of the pass.
 */
export async function* readDueNotes(
  context: ReadContext<ClientTetherSettings>,
  cursor: Cursor,
): AsyncGenerator<Page> {
  const client = createClientTetherClient(context);
  let done = cursor;
  let held: Page | undefined;
  for await (const batch of context.partitions()) {
    for await (const { response, items, contactId } of client.readNotePages(batch.ids)) {
      if (held) yield held;
      held = { response: response, items, partition: contactId, cursor: done, last: false };
    }
    done = batch.cursor;
    if (held) held = { ...held, cursor: done };
  }
  if (held) yield { ...held, last: true };
}
