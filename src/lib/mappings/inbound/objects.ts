import { isDeepStrictEqual } from 'node:util';
import { and, eq, isNull } from 'drizzle-orm';
import { readAuditTarget, unknownConnectionProblem } from '../../connections/connections.ts';
import { withConnection, type ConnectionSession } from '../../connections/session.ts';
import { selectAddedObjects } from '../../connections/streams.ts';
import {
  objectEntities,
  sourceField,
  toStreamName,
  type DiscoveredObject,
  type ObjectEntity,
  type SourceField,
} from '../../connectors/contract/discovery.ts';
import { recordAudit } from '../../identity/audit/record.ts';
import { withTenant } from '../../identity/tenancy/with-tenant.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { Problem } from '../../platform/errors.ts';
import { RemoteError } from '../../platform/http/errors.ts';
import { isId } from '../../platform/id.ts';
import { connectionStreams, streamFields } from '../../schema/connection-streams.ts';
import { readEverythingNext, type MappedStreamKey } from './versions.ts';

/*
 * What people do with the objects that an account has defined itself. The removal of an object is in
 * src/lib/ingest/remove-object.ts, because its rows go with it.
 */

type ConnectionRef = Pick<MappedStreamKey, 'tenantId' | 'connectionId'>;

/** A person waits for the response. */
const deadlineMs = 20_000;
const concurrency = 4;

/**
 * Asks the system for the account's own objects, in the order of their labels. Throws Problem: `not_found`, `bad_request` for a
 * system without such objects, or `conflict` when it does not respond or refuses.
 */
export async function findObjects(connection: ConnectionRef): Promise<DiscoveredObject[]> {
  const found = await ask(connection, (session, context) => getDiscovery(session).list(context));
  return found.toSorted((one, other) => one.label.localeCompare(other.label, 'en'));
}

/**
 * Adds an object to what a connection reads, as the system describes it now. Throws Problem as
 * `findObjects` does; also `not_found` for an object that the account does not have, and `conflict`
 * for one that has been added before or is still being removed.
 */
export async function addObject(
  connection: ConnectionRef,
  { object: name, entity, by }: { object: string; entity: string; by: string },
): Promise<string> {
  const role = objectEntities.find((each) => each === entity);
  if (role === undefined) throw new Problem('bad_request', 'Choose what its records are.');
  const [object] = await ask(connection, (session, context) =>
    getDiscovery(session).list(context, name),
  );
  if (object === undefined) throw unknownObject();
  await withTenant(connection.tenantId, (tx) => insertObject(tx, connection, object, role, by));
  return toStreamName(object);
}

async function insertObject(
  tx: Tx,
  connection: ConnectionRef,
  object: DiscoveredObject,
  entity: ObjectEntity,
  by: string,
): Promise<void> {
  const { tenantId, connectionId } = connection;
  const name = toStreamName(object);
  const { label } = object;
  const added = await tx
    .insert(connectionStreams)
    .values({ tenantId, connectionId, name, label, entity, object, createdBy: by })
    .onConflictDoNothing()
    .returning({ name: connectionStreams.name });
  if (added.length === 0)
    throw new Problem(
      'conflict',
      `"${label}" is already among the objects of this connection, or its records are still being ` +
        'deleted. Reload the page.',
    );
  await recordAudit(tx, {
    tenantId,
    action: 'object.added',
    target: await readAuditTarget(tx, tenantId, connectionId),
    after: { object: object.name, label, entity },
  });
}

/**
 * Asks the system for the fields of what a stream reads, keeps them, and returns how many there
 * are. The default mapping of an object follows from them, so that new ones are read with the next
 * pass, which lists everything. Throws Problem as `findObjects` does, and `not_found` for an object that is gone.
 */
export async function describeStream(key: MappedStreamKey): Promise<number> {
  const { stream } = key;
  const object = await withTenant(key.tenantId, (tx) => selectAdded(tx, key));
  const described = await ask(key, async (session, context) => {
    if (object !== undefined) {
      const [now] = await getDiscovery(session).list(context, object.name);
      if (now === undefined) throw unknownObject();
      return now;
    }
    const { provider } = session;
    if (!provider.streams.some(({ name }) => name === stream))
      throw new Problem('not_found', `${provider.label} has no stream "${stream}".`);
    if (provider.describe === undefined)
      throw new Problem('bad_request', `${provider.label} does not describe its fields.`);
    return { fields: await provider.describe(context, stream) };
  });
  await withTenant(key.tenantId, async (tx) => {
    await storeDescription(tx, key, described);
    if (object !== undefined && !isDeepStrictEqual(object, described))
      await readEverythingNext(tx, key);
  });
  return described.fields.length;
}

async function storeDescription(
  tx: Tx,
  { tenantId, connectionId, stream }: MappedStreamKey,
  described: DiscoveredObject | Pick<DiscoveredObject, 'fields'>,
): Promise<void> {
  if ('name' in described) {
    await tx
      .update(connectionStreams)
      .set({ object: described, label: described.label })
      .where(whereAdded({ tenantId, connectionId, stream }));
    return;
  }
  const set = { fields: described.fields, describedAt: new Date() };
  await tx
    .insert(streamFields)
    .values({ tenantId, connectionId, stream, ...set })
    .onConflictDoUpdate({
      target: [streamFields.tenantId, streamFields.connectionId, streamFields.stream],
      set,
    });
}

/** The fields of what a stream reads, as the system described them last; none before. */
export async function selectDescribedFields(tx: Tx, key: MappedStreamKey): Promise<SourceField[]> {
  const object = await selectAdded(tx, key);
  if (object !== undefined) return object.fields;
  const [row] = await tx
    .select({ fields: streamFields.fields })
    .from(streamFields)
    .where(
      and(
        eq(streamFields.tenantId, key.tenantId),
        eq(streamFields.connectionId, key.connectionId),
        eq(streamFields.stream, key.stream),
      ),
    );
  return row === undefined ? [] : sourceField.array().parse(row.fields);
}

async function selectAdded(tx: Tx, key: MappedStreamKey): Promise<DiscoveredObject | undefined> {
  const all = await selectAddedObjects(tx, key);
  return all.find(({ name }) => name === key.stream)?.object;
}

const whereAdded = ({ tenantId, connectionId, stream }: MappedStreamKey) =>
  and(
    eq(connectionStreams.tenantId, tenantId),
    eq(connectionStreams.connectionId, connectionId),
    eq(connectionStreams.name, stream),
    isNull(connectionStreams.removedAt),
  );

type Context = Parameters<NonNullable<ConnectionSession['provider']['discovery']>['list']>[0];

async function ask<T>(
  { tenantId, connectionId }: ConnectionRef,
  work: (session: ConnectionSession, context: Context) => Promise<T>,
): Promise<T> {
  if (!isId(connectionId)) throw unknownConnectionProblem();
  return withConnection(
    { tenantId, connectionId },
    { deadlineMs, retry: { retries: 1 } },
    async (session) => {
      const { http, settings, secrets, provider } = session;
      try {
        return await work(session, { http, settings, secrets, now: new Date(), concurrency });
      } catch (error) {
        if (!(error instanceof RemoteError)) throw error;
        throw new Problem(
          'conflict',
          `${provider.label} was asked and gave no answer. ${error.message}`,
        );
      }
    },
  );
}

function getDiscovery({ provider: { discovery, label } }: ConnectionSession) {
  if (discovery !== undefined) return discovery;
  throw new Problem('bad_request', `Accounts of ${label} cannot define objects.`);
}

const unknownObject = () =>
  new Problem(
    'not_found',
    'The account does not have this object, or hides it from this connection. Look for objects ' +
      'again.',
  );
