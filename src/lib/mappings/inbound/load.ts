import { and, desc, eq } from 'drizzle-orm';
import { loadStreams } from '../../connections/streams.ts';
import type { ProviderDefinition } from '../../connectors/contract/provider.ts';
import type { ItemContext, StreamDefinition } from '../../connectors/contract/source.ts';
import { mapStream, type MappedStream } from '../../connectors/mapped-stream.ts';
import {
  applyOverrides,
  overridesShape,
  type Override,
} from '../../conversion/schema/overrides.ts';
import type { MappingSchema } from '../../conversion/schema/shape.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { streamMappings } from '../../schema/sync.ts';

/** A connection whose streams are to be mapped. */
export interface MappedConnection {
  tenantId: string;
  connectionId: string;
  provider: ProviderDefinition;
  settings: unknown;
  currency: string;
}

/** The mapping of a stream that a workspace has changed, as it stands in force. */
interface StreamMapping {
  /** 0 is the default of the provider. */
  version: number;
  overrides: Override[];
}

/**
 * The streams of a connection with the mappings that are in force for them; with `only`, just the
 * one of that name, or none. Throws Problem `bad_request` for a stored mapping that can no longer be
 * compiled.
 */
export async function loadMappedStreams(
  tx: Tx,
  { tenantId, connectionId, provider, ...context }: MappedConnection,
  only?: string,
): Promise<MappedStream[]> {
  const all = await loadStreams(tx, { tenantId, connectionId }, provider);
  const streams = all.filter(({ name }) => only === undefined || name === only);
  const changed = await selectOverrides(tx, tenantId, connectionId);
  return Promise.all(
    streams.map((stream) =>
      mapStream(stream, applyMapping(stream, context, changed.get(stream.name)?.overrides ?? [])),
    ),
  );
}

/** The default mapping of a stream with the changes of a workspace. */
const applyMapping = (
  stream: StreamDefinition<unknown>,
  context: Pick<ItemContext<unknown>, 'settings' | 'currency'>,
  overrides: readonly Override[],
): MappingSchema => applyOverrides(stream.mapping(context), overrides);

/** The newest version of each stream's mapping that was changed, by stream. */
async function selectOverrides(
  tx: Tx,
  tenantId: string,
  connectionId: string,
): Promise<Map<string, StreamMapping>> {
  const rows = await tx
    .selectDistinctOn([streamMappings.stream], {
      stream: streamMappings.stream,
      version: streamMappings.version,
      overrides: streamMappings.overrides,
    })
    .from(streamMappings)
    .where(
      and(eq(streamMappings.tenantId, tenantId), eq(streamMappings.connectionId, connectionId)),
    )
    .orderBy(streamMappings.stream, desc(streamMappings.version));
  return new Map(
    rows.map(({ stream, version, overrides }) => [
      stream,
      { version, overrides: overridesShape.parse(overrides) },
    ]),
  );
}
