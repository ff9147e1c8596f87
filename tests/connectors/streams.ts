import { mapByDefault } from '#lib/connectors/mapped-stream.ts';
import type { ItemContext, Page, StreamDefinition } from '#lib/connectors/contract/source.ts';

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

/** The default mapping of a stream, compiled. */
export const mapperOf = async <Settings>(
  stream: StreamDefinition<Settings>,
  settings: Settings,
  currency = 'USD',
) => {
  const { map } = await mapByDefault(stream, { settings, currency });
  return (item: unknown, context: Partial<ItemContext<Settings>> = {}) =>
    map(item, { settings, currency, index: 0, ...context });
};
