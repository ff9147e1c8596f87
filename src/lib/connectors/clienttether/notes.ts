import type { Cursor, Page, ReadContext } from '../contract/source.ts';
import { createClientTetherClient } from './client.ts';
import type { ClientTetherSettings } from './settings.ts';

/**
 * Reads the notes of the clients that are due, one page per client. The pages of a batch arrive in
 * any order, so each carries the cursor from before the batch, and only the last one carries the
 * cursor of the batch itself. One page is always held back until the next one arrives, because only
 * then is it known whether it was the last of its batch or of the pass.
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
      held = { response, items, partition: contactId, cursor: done, last: false };
    }
    done = batch.cursor;
    if (held) held = { ...held, cursor: done };
  }
  if (held) yield { ...held, last: true };
}
