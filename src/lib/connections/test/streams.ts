import { recordSchemas } from '../../records/registry.ts';
import {
  RecordRejected,
  type PartitionBatch,
  type ReadContext,
  type StreamDefinition,
} from '../../connectors/contract/source.ts';

/**
 * A stream of which a page was read, and the ids on it: parents of those that are read one by one.
 */
export interface ReadStream {
  stream: string;
  ids: string[];
}

type Context = Omit<ReadContext<unknown>, 'span' | 'partitions'>;

/**
 * Reads the first page of a stream and makes records of it, which are thrown away. Throws
 * RemoteError.
 */
export async function testStream(
  stream: StreamDefinition<unknown>,
  context: Context,
  readStreams: ReadStream[],
): Promise<{ value: undefined; message: string }> {
  const { listing } = stream;
  const parents =
    listing.kind === 'partitioned'
      ? (readStreams.find((one) => one.stream === listing.parents)?.ids ?? [])
      : [];
  if (listing.kind === 'partitioned' && parents.length === 0)
    return { value: undefined, message: 'There is nothing that it could hang on.' };
  const span = { mode: 'full' as const, since: null, token: null };
  for await (const page of stream.read(
    { ...context, span, partitions: () => yieldFirst(parents) },
    null,
  )) {
    const reasons = page.items.flatMap(
      (item, index) =>
        findRejection(stream, item, {
          settings: context.settings,
          partition: page.partition,
          index,
        }) ?? [],
    );
    readStreams.push({
      stream: stream.name,
      ids: page.items.flatMap((item) => stream.identify(item) ?? []),
    });
    return { value: undefined, message: formatSummary(page.items.length, page.last, reasons) };
  }
  return { value: undefined, message: 'There is nothing in it.' };
}

async function* yieldFirst(ids: string[]): AsyncGenerator<PartitionBatch> {
  yield { ids: ids.slice(0, 1), cursor: null };
}

function findRejection(
  stream: StreamDefinition<unknown>,
  item: unknown,
  context: Parameters<StreamDefinition<unknown>['map']>[1],
): string | undefined {
  try {
    return recordSchemas[stream.entity].safeParse(stream.map(item, context)).success
      ? undefined
      : 'A value cannot be kept.';
  } catch (error) {
    if (error instanceof RecordRejected) return error.message;
    throw error;
  }
}

function formatSummary(count: number, last: boolean, reasons: string[]): string {
  const read = `${count} on the first page${last ? ', and there are no more' : ''}.`;
  return reasons.length === 0
    ? read
    : `${read} ${reasons.length} would be set aside: ${[...new Set(reasons)].slice(0, 3).join(' ')}`;
}
