import { eq, and } from 'drizzle-orm';
import { connections } from '../../schema/connections.ts';
import { unknownConnectionProblem } from '../../connections/connections.ts';
import { checkSettings } from '../../connections/validate.ts';
import { mapStream } from '../../connectors/mapped-stream.ts';
import { loadMappedStreams } from '../../mappings/inbound/load.ts';
import { retryOnDbOutage } from '../../platform/db/retry.ts';
import { Problem } from '../../platform/errors.ts';
import { isId } from '../../platform/id.ts';
import { getProvider } from '../../connectors/registry.ts';
import { getTenant } from '../../identity/tenancy/tenants.ts';
import { readTenant } from '../../identity/tenancy/with-tenant.ts';
import type { Stream } from '../types.ts';
import type { ReplayRequest, ReplaySource } from './types.ts';

/**
 * Opens a connection for replay: its settings and mappings, without its secrets. An unknown
 * connection or stream is a Problem.
 */
export async function openReplay({
  tenantId,
  connectionId,
  stream,
  draft,
}: Pick<ReplayRequest, 'tenantId' | 'connectionId' | 'stream' | 'draft'>): Promise<ReplaySource> {
  if (!isId(connectionId)) throw unknownConnectionProblem();
  const { timeZone, currency, deletionShare } = await retryOnDbOutage(() => getTenant(tenantId));
  const opened = await retryOnDbOutage(() =>
    readTenant(tenantId, async (tx) => {
      const [connection] = await tx
        .select()
        .from(connections)
        .where(and(eq(connections.tenantId, tenantId), eq(connections.id, connectionId)));
      if (connection === undefined) throw unknownConnectionProblem();
      const provider = getProvider(connection.provider);
      const settings = checkSettings(provider, connection.settings as Record<string, unknown>);
      const mapped = { tenantId, connectionId, provider, settings, currency };
      return { provider, settings, streams: await loadMappedStreams(tx, mapped) };
    }),
  );
  const names = opened.streams.map(({ name }) => name);
  if (stream !== undefined && !names.includes(stream))
    throw new Problem(
      'bad_request',
      `${opened.provider.label} has no stream "${stream}". Its streams: ${names.join(', ')}.`,
    );
  const streams = await Promise.all(opened.streams.map((one) => withDraft(one, draft)));
  return { tenantId, connectionId, ...opened, streams, timeZone, currency, deletionShare };
}

const withDraft = async (stream: Stream, draft: ReplayRequest['draft']): Promise<Stream> =>
  draft?.stream === stream.name ? mapStream(stream, draft.schema) : stream;
