import { sql, type SQL } from 'drizzle-orm';

/** Which stream of which connection. */
export interface StreamKey {
  tenantId: string;
  connectionId: string;
  stream: string;
}

type ConnectionRef = Pick<StreamKey, 'tenantId' | 'connectionId'>;

export const toStreamKey = (
  { tenantId, connectionId }: ConnectionRef,
  { name }: { name: string },
): StreamKey => ({ tenantId, connectionId, stream: name });

/**
 * The rows of a stream, for statements written in SQL. The columns are not qualified, so that the
 * condition fits every table that has them.
 */
export const whereStream = (
  { tenantId, connectionId }: ConnectionRef,
  { name }: { name: string },
): SQL => sql`tenant_id = ${tenantId} and connection_id = ${connectionId} and stream = ${name}`;
