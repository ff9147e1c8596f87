import type { Page } from '../connectors/contract/source.ts';
import { RemoteError } from '../platform/http/errors.ts';

/** Some lists are read several pages at a time, and their cursor follows: never by this many. */
const maxPagesInPlace = 1000;

/**
 * Notices when the pages of a pass lead in circles, as when a source ignores the cursor or links
 * back to an earlier page: such a pass would never end, and never fail. It remembers one earlier
 * place and moves on to the current one after 1, 2, 4, 8 … pages (Brent's algorithm), so a circle is
 * noticed after three times its length at most, and memory does not grow with the list.
 */
export class CircleWatch {
  #place: string | undefined;
  #pagesInPlace = 0;
  #remembered: string | undefined;
  #steps = 0;
  #stride = 1;

  /** Throws RemoteError (malformed) when the page leads back to where the pass has been. */
  follow({ cursor, last, partition }: Pick<Page, 'cursor' | 'last' | 'partition'>): void {
    // The parents of a partitioned list come from the database and end by themselves.
    if (last || partition !== undefined) return;
    const place = JSON.stringify(cursor);
    if (place === this.#place) {
      this.#pagesInPlace += 1;
      if (this.#pagesInPlace >= maxPagesInPlace) throw createCircleError();
      return;
    }
    if (place === this.#remembered) throw createCircleError();
    this.#place = place;
    this.#pagesInPlace = 0;
    this.#steps += 1;
    if (this.#steps < this.#stride) return;
    this.#remembered = place;
    this.#steps = 0;
    this.#stride *= 2;
  }
}

const createCircleError = (): RemoteError =>
  new RemoteError(
    'malformed',
    'The pages of this list lead back to an earlier one, so it never ends. What was read is kept, ' +
      'nothing counts as deleted, and the next sync begins at the first page again.',
  );
