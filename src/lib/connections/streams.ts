import { and, asc, eq, isNull, sql, type SQL } from 'drizzle-orm';
import type { AnyPgColumn } from 'drizzle-orm/pg-core';
import {
  discoveredObject,
  type DiscoveredObject,
  type ObjectEntity,
} from '../connectors/contract/discovery.ts';
import type { ProviderDefinition } from '../connectors/contract/provider.ts';
import type { StreamDefinition } from '../connectors/contract/source.ts';
import { providers } from '../connectors/registry.ts';
import type { Tx } from '../platform/db/pool.ts';
import { connectionStreams } from '../schema/connection-streams.ts';

/*
 * What a connection reads: the streams that its provider has for every account, and those of objects
 * that the account has defined itself and that a person has added.
 */

/** Which connection. */
interface ConnectionRef {
  tenantId: string;
  connectionId: string;
}

/** All streams of a connection, in the order in which they are synced. */
export async function loadStreams(
  tx: Tx,
  connection: ConnectionRef,
  { streams, discovery }: Pick<ProviderDefinition, 'streams' | 'discovery'>,
): Promise<StreamDefinition<unknown>[]> {
  if (discovery === undefined) return [...streams];
  const added = await selectAddedObjects(tx, connection);
  return [...streams, ...added.map(({ object, entity }) => discovery.stream(object, entity))];
}

/** An object of an account that is read. */
export interface AddedObject {
  /** The name of its stream. */
  name: string;
  object: DiscoveredObject;
  entity: ObjectEntity;
}

/** The objects that were added to a connection and are still read, oldest first. */
export async function selectAddedObjects(
  tx: Tx,
  { tenantId, connectionId }: ConnectionRef,
): Promise<AddedObject[]> {
  const rows = await tx
    .select({
      name: connectionStreams.name,
      object: connectionStreams.object,
      entity: connectionStreams.entity,
    })
    .from(connectionStreams)
    .where(
      and(
        eq(connectionStreams.tenantId, tenantId),
        eq(connectionStreams.connectionId, connectionId),
        isNull(connectionStreams.removedAt),
      ),
    )
    .orderBy(asc(connectionStreams.createdAt), asc(connectionStreams.name));
  return rows.map((row) => ({ ...row, object: discoveredObject.parse(row.object) }));
}

/** A stream as people know it. */
export interface NamedStream {
  name: string;
  label: string;
}

/**
 * Streams that were added to the connections `c` of a statement, as one value of JSON: for
 * statements that read many connections at once. `nameStreams` takes it.
 */
export const addedStreamsOf = (tenant: SQL | string): SQL => sql`(
  select coalesce(json_agg(json_build_object('name', name, 'label', label)
    order by created_at, name), '[]')
  from ${connectionStreams}
  where tenant_id = ${tenant} and connection_id = c.id and removed_at is null)`;

/** Names and labels of all streams of a connection, in the order of `loadStreams`. Pure. */
export const nameStreams = (
  provider: Pick<ProviderDefinition, 'streams'> | undefined,
  added: readonly NamedStream[],
): NamedStream[] => [
  ...(provider?.streams ?? []).map(({ name, label }) => ({ name, label })),
  ...added.map(({ name, label }) => ({ name, label })),
];

/** The streams that were added to a workspace's connections and are still read. */
export async function loadAddedStreams(
  tx: Tx,
  tenantId: string,
): Promise<(connectionId: string) => NamedStream[]> {
  const added = await tx
    .select({
      connectionId: connectionStreams.connectionId,
      name: connectionStreams.name,
      label: connectionStreams.label,
    })
    .from(connectionStreams)
    .where(and(eq(connectionStreams.tenantId, tenantId), isNull(connectionStreams.removedAt)))
    .orderBy(asc(connectionStreams.createdAt), asc(connectionStreams.name));
  return (connectionId) => added.filter((row) => row.connectionId === connectionId);
}

/**
 * What people call the stream of a row, as a column of its statement; null unless an object was
 * added for it. `labelStream` takes it.
 */
export const addedLabelOf = (
  row: Record<'tenantId' | 'connectionId' | 'stream', AnyPgColumn>,
): SQL<string | null> => sql<string | null>`(
  select added.label from ${connectionStreams} as added
  where added.tenant_id = ${row.tenantId} and added.connection_id = ${row.connectionId}
    and added.name = ${row.stream})`;

/** What people call a stream; its bare name when it is not read any more. Pure. */
export const labelStream = ({
  provider,
  stream,
  addedLabel,
}: {
  provider: string;
  stream: string;
  addedLabel: string | null;
}): string =>
  addedLabel ??
  providers.find(({ key }) => key === provider)?.streams.find(({ name }) => name === stream)
    ?.label ??
  stream;
