import { and, asc, eq, sql } from 'drizzle-orm';
import { countLive } from '../entities/rows.ts';
import {
  discoveredObject,
  toStreamName,
  type DiscoveredObject,
  type ObjectEntity,
} from '../connectors/contract/discovery.ts';
import type { Tx } from '../platform/db/pool.ts';
import { connectionStreams } from '../schema/connection-streams.ts';

/** An object of an account that was added to its connection. */
interface AddedObjectRow {
  /** The name of its stream. */
  name: string;
  /** As the system names it. */
  object: string;
  label: string;
  entity: ObjectEntity;
  /** How many fields the system described. */
  fields: number;
  /** Records that would be deleted with it. */
  records: number;
  isBeingRemoved: boolean;
}

/** An object that the system has named just now. */
interface FoundObjectRow {
  object: string;
  label: string;
  fields: number;
  isAdded: boolean;
}

export interface AccountObjects {
  added: AddedObjectRow[];
  /** Undefined when the system has not been asked with this request. */
  found: FoundObjectRow[] | undefined;
}

/** The objects of a connection's account, with those that the system has just named. */
export async function loadAccountObjects(
  tx: Tx,
  { tenantId, connectionId }: { tenantId: string; connectionId: string },
  found: readonly DiscoveredObject[] | undefined,
): Promise<AccountObjects> {
  const rows = await tx
    .select()
    .from(connectionStreams)
    .where(
      and(
        eq(connectionStreams.tenantId, tenantId),
        eq(connectionStreams.connectionId, connectionId),
      ),
    )
    .orderBy(asc(connectionStreams.createdAt), asc(connectionStreams.name));
  const added: AddedObjectRow[] = [];
  for (const { name, label, entity, object, removedAt } of rows) {
    const place = { tenantId, connectionId, stream: name };
    const described = discoveredObject.parse(object);
    added.push({
      name,
      object: described.name,
      label,
      entity,
      fields: described.fields.length,
      records: await countLive(tx, entity, place, sql`true`),
      isBeingRemoved: removedAt !== null,
    });
  }
  const names = new Set(added.map(({ name }) => name));
  return {
    added,
    found: found?.map((object) => ({
      object: object.name,
      label: object.label,
      fields: object.fields.length,
      isAdded: names.has(toStreamName(object)),
    })),
  };
}
