import { ZodError } from 'zod';
import { parseRecord } from '../../records/registry.ts';
import { mapByDefault, type MappedStream } from '../../connectors/mapped-stream.ts';
import {
  RecordRejected,
  type CallContext,
  type ItemContext,
  type PartitionBatch,
  type StreamDefinition,
} from '../../connectors/contract/source.ts';

/** A stream whose first page was read, and the ids on it: the parents of partitioned streams. */
export interface ReadStream {
  stream: string;
  ids: string[];
}

type Context = CallContext<unknown> & Pick<ItemContext<unknown>, 'currency'>;

/**
 * Reads the first page of a stream and maps its items by default to records without storing them. Adds the ids
 * of the page to `readStreams`. Throws RemoteError.
 */
export async function testStream(
  stream: StreamDefinition<unknown>,
  context: Context,
  readStreams: ReadStream[],
): Promise<{ value: undefined; message: string }> {
  const parents = findParents(stream, readStreams);
  if (parents?.length === 0)
    return { value: undefined, message: 'There is no parent record to read it for.' };
  const span = { mode: 'full' as const, since: null, token: null };
  const mapped = await mapByDefault(stream, context);
  const partitions = () => yieldFirst(parents ?? []);
  const read = { ...context, span, partitions, paths: mapped.paths };
  for await (const { items, partition, last } of stream.read(read, null)) {
    const { settings, currency } = context;
    const reasons = items.flatMap(
      (item, index) => findRejection(mapped, item, { settings, currency, partition, index }) ?? [],
    );
    const ids = items.flatMap((item) => stream.identify(item) ?? []);
    readStreams.push({ stream: stream.name, ids });
    return { value: undefined, message: formatSummary(items.length, last, reasons) };
  }
  return { value: undefined, message: 'The stream is empty.' };
}

/** Undefined for a stream that is not read parent by parent. */
function findParents(
  { listing }: StreamDefinition<unknown>,
  readStreams: readonly ReadStream[],
): string[] | undefined {
  return listing.kind === 'partitioned'
    ? (readStreams.find((one) => one.stream === listing.parents)?.ids ?? [])
    : undefined;
}

async function* yieldFirst(ids: string[]): AsyncGenerator<PartitionBatch> {
  yield { ids: ids.slice(0, 1), cursor: null };
}

function findRejection(
  stream: MappedStream,
  item: unknown,
  context: ItemContext<unknown>,
): string | undefined {
  try {
    parseRecord(stream.entity, stream.map(item, context));
    return undefined;
  } catch (error) {
    if (error instanceof RecordRejected) return error.message;
    if (error instanceof ZodError) return 'A value cannot be stored.';
    throw error;
  }
}

/** Different reasons that a summary quotes; the rest would hide the next step. */
const maxReasons = 3;

function formatSummary(count: number, last: boolean, reasons: string[]): string {
  const noun = count === 1 ? 'item' : 'items';
  const read = `${count} ${noun} on the first page${last ? ', and there are no more' : ''}.`;
  if (reasons.length === 0) return read;
  const examples = [...new Set(reasons)].slice(0, maxReasons).join(' ');
  return `${read} ${reasons.length} would be rejected: ${examples}`;
}
