import { openReplay } from '../../ingest/replay/source.ts';
import type { ReplaySource } from '../../ingest/replay/types.ts';
import type { Stream } from '../../ingest/types.ts';

/** A stream with what it takes to judge its items. */
export interface OpenStream {
  source: ReplaySource;
  stream: Stream;
}

/**
 * Finds streams by connection and name; undefined for one that its provider no longer has. Each
 * connection is read once.
 */
export function createStreamFinder(
  tenantId: string,
): (connectionId: string, name: string) => Promise<OpenStream | undefined> {
  const sources = new Map<string, Promise<ReplaySource>>();
  return async (connectionId, name) => {
    const opening = sources.get(connectionId) ?? openReplay({ tenantId, connectionId });
    sources.set(connectionId, opening);
    const source = await opening;
    const stream = source.streams.find((each) => each.name === name);
    return stream && { source, stream };
  };
}
