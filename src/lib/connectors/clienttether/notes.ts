import { RemoteError } from '../../platform/http/errors.ts';
import type { Cursor, Page, ReadContext } from '../contract/source.ts';
import { concurrently } from './concurrently.ts';
import { ask, PATHS, type Access, type Answered } from './request.ts';
import type { ClientTetherSettings } from './settings.ts';

/** All notes of one client; undefined when the client was deleted in the meantime. */
export async function askNotes(
  access: Access,
  clientId: string,
): Promise<(Answered & { clientId: string }) | undefined> {
  try {
    return {
      clientId,
      ...(await ask(access, `${PATHS.notesOfClient}${encodeURIComponent(clientId)}`)),
    };
  } catch (error) {
    if (error instanceof RemoteError && error.kind === 'gone') return undefined;
    throw error;
  }
}

/**
 * The notes of the clients that are due, one page per client, several clients at once. Inside a
 * batch pages come in any order, so all of them carry the cursor from before the batch; only the
 * batch's last one carries its own. One page is held back throughout, to know which page is the
 * last of its batch and of the pass.
 */
export async function* readNotes(
  context: ReadContext<ClientTetherSettings>,
  cursor: Cursor,
): AsyncGenerator<Page> {
  let done = cursor;
  let held: Page | undefined;
  for await (const batch of context.partitions()) {
    for await (const found of concurrently(batch.ids, context.concurrency, (id) =>
      askNotes(context, id),
    )) {
      if (found === undefined) continue;
      if (held) yield held;
      held = {
        answer: found.answer,
        items: found.items,
        partition: found.clientId,
        cursor: done,
        last: false,
      };
    }
    done = batch.cursor;
    if (held) held = { ...held, cursor: done };
  }
  if (held) yield { ...held, last: true };
}
