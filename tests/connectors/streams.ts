import type { Page, StreamDefinition } from '#lib/connectors/contract/source.ts';

/** The stream of that name. Throws an Error when there is none. */
export function findStream<Settings>(
  streams: readonly StreamDefinition<Settings>[],
  name: string,
): StreamDefinition<Settings> {
  const found = streams.find((stream) => stream.name === name);
  if (found === undefined) throw new Error(`no stream ${name}`);
  return found;
}

export async function pagesOf(pages: AsyncIterable<Page>): Promise<Page[]> {
  const all: Page[] = [];
  for await (const page of pages) all.push(page);
  return all;
}

/** The parents of streams that have none. */
// eslint-disable-next-line require-yield
export async function* nobody() {
  return;
}
