import { and, eq, inArray, sql } from 'drizzle-orm';
import type { Change, EntityRows } from '../entities/definition.ts';
import type { EntityName } from '../records/registry.ts';
import type { Version, Incoming, IncomingPage } from '../entities/incoming.ts';
import { leads } from '../schema/leads.ts';
import type { Tx } from '../platform/db/pool.ts';
import { providers } from '../connectors/registry.ts';
import { pushes, pushPulls } from '../schema/pushes.ts';
import { whereOwnAndLive, selectLeadById } from '../entities/lead/lookup.ts';

/*
 * A lead that we pushed comes back as an item of the CRM: its pushed copy, which is stored but
 * neither listed nor counted. The id of ours that an item carries is only a claim: it holds when a
 * push of this tenant and connection backs it. Otherwise the id of another tenant, or of a database
 * that no longer exists, would hide a lead that is shown nowhere else.
 */

/** The stream that records belong to. */
export interface ProviderStreamKey {
  tenantId: string;
  connectionId: string;
  stream: string;
  /** The provider's key. */
  provider: string;
}

/**
 * The pages with `mirrorOf` of each record resolved: the lead that a push confirms it to be a copy
 * of, or null.
 */
export async function resolvePushedCopies(
  tx: Tx,
  streamKey: ProviderStreamKey,
  entity: EntityName,
  pages: readonly IncomingPage[],
): Promise<readonly IncomingPage[]> {
  const confirmed = await confirmCopies(
    tx,
    streamKey,
    entity,
    pages.flatMap(({ incoming }) => incoming),
  );
  return confirmed === undefined
    ? pages
    : pages.map(({ origin, incoming }) => ({
        origin,
        incoming: incoming.map((item) => resolveCopy(item, confirmed)),
      }));
}

/** As `resolvePushedCopies`, for the versions of a replay. */
export async function resolvePushedCopyVersions(
  tx: Tx,
  streamKey: ProviderStreamKey,
  entity: EntityName,
  versions: ReadonlyMap<string, Version>,
): Promise<ReadonlyMap<string, Version>> {
  const confirmed = await confirmCopies(
    tx,
    streamKey,
    entity,
    [...versions.values()].map(({ incoming }) => incoming),
  );
  if (confirmed === undefined) return versions;
  return new Map(
    [...versions].map(([externalId, version]) => [
      externalId,
      resolveVersionCopy(version, confirmed),
    ]),
  );
}

/**
 * The content digest of a row. It also covers `mirrorOf` where that differs from the item's claim,
 * so that the row is written again when only `mirrorOf` changes.
 */
export function hashPushedCopy(
  hash: string,
  claimed: string | null,
  mirrorOf: string | null,
): string {
  const own = hash.split(hashSeparator, 1)[0] ?? hash;
  return claimed === mirrorOf ? own : `${own}${hashSeparator}${mirrorOf ?? ''}`;
}

/** Not a character of base64, which digests are written in. */
const hashSeparator = '~';

/** The lead that each record is a confirmed copy of, by the record's id and its claim. */
type ConfirmedCopies = ReadonlyMap<string, string>;

function resolveCopy(item: Incoming, confirmed: ConfirmedCopies): Incoming {
  const claimed = readClaim(item);
  const mirrorOf = confirmed.get(toKey(item.record.externalId, claimed)) ?? null;
  return mirrorOf === claimed
    ? item
    : {
        ...item,
        record: { ...item.record, mirrorOf } as Incoming['record'],
        hash: hashPushedCopy(item.hash, claimed, mirrorOf),
      };
}

function resolveVersionCopy(version: Version, confirmed: ConfirmedCopies): Version {
  const incoming = resolveCopy(version.incoming, confirmed);
  if (incoming === version.incoming) return version;
  const { mirrorOf } = incoming.record as { mirrorOf?: string | null };
  const past =
    version.past === undefined
      ? undefined
      : { ...version.past, mirrorOf: mirrorOf ?? null, contentHash: incoming.hash };
  return { ...version, incoming, past };
}

/**
 * The records that pushes confirm to be copies: by the claim that they carry, or by the id of the
 * record that a push created, because a CRM without our field cannot carry a claim. Undefined when
 * there is nothing to confirm.
 */
async function confirmCopies(
  tx: Tx,
  streamKey: ProviderStreamKey,
  entity: EntityName,
  incoming: readonly Incoming[],
): Promise<ConfirmedCopies | undefined> {
  if (entity !== 'lead' || incoming.length === 0) return undefined;
  const acceptsLeads = providers.some(
    ({ key, push }) => key === streamKey.provider && push !== undefined,
  );
  if (!acceptsLeads)
    return incoming.some((item) => readClaim(item) !== null) ? new Map() : undefined;
  const records = incoming.map((item) => ({
    externalId: item.record.externalId,
    claimed: readClaim(item),
  }));
  const known = await selectPushes(tx, streamKey, records);
  const own = await selectOwnLeads(tx, streamKey.tenantId, [
    ...new Set(known.map(({ leadId }) => leadId)),
  ]);
  const [byLead, byRemote] = [
    new Map(known.map((push) => [push.leadId, push])),
    new Map(known.map((push) => [push.remoteId, push])),
  ];
  return new Map(
    records.flatMap(({ externalId, claimed }) => {
      // The claim of the record takes precedence over its id.
      const backing = [
        claimed === null ? undefined : byLead.get(claimed),
        byRemote.get(externalId),
      ].flatMap((push) => (push === undefined ? [] : (own.get(push.leadId) ?? [])));
      const lead = backing.find(
        (row) =>
          !(
            row.connectionId === streamKey.connectionId &&
            row.stream === streamKey.stream &&
            row.externalId === externalId
          ),
      );
      return lead === undefined ? [] : [[toKey(externalId, claimed), lead.id] as const];
    }),
  );
}

/**
 * The pushes of the leads that the records claim to be, and those that created or found the
 * records. Two queries for all records instead of two for each.
 */
async function selectPushes(
  tx: Tx,
  { tenantId, connectionId }: ProviderStreamKey,
  records: readonly { externalId: string; claimed: string | null }[],
) {
  const { leadId, remoteId } = pushes;
  const whereConnection = and(eq(pushes.tenantId, tenantId), eq(pushes.connectionId, connectionId));
  const claimed = records.flatMap((record) => record.claimed ?? []);
  const byClaim =
    claimed.length === 0
      ? []
      : await tx
          .select({ leadId, remoteId })
          .from(pushes)
          .where(and(whereConnection, inArray(leadId, claimed)));
  const byId = await tx
    .select({ leadId, remoteId })
    .from(pushes)
    .where(
      and(
        whereConnection,
        inArray(
          remoteId,
          records.map(({ externalId }) => externalId),
        ),
      ),
    );
  return [...byClaim, ...byId];
}

/** Those of the leads that are live and not copies themselves. */
async function selectOwnLeads(tx: Tx, tenantId: string, ids: readonly string[]) {
  if (ids.length === 0) return new Map<string, never>();
  const rows = await tx
    .select({
      id: leads.id,
      connectionId: leads.connectionId,
      stream: leads.stream,
      externalId: leads.externalId,
    })
    .from(sql`unnest(${sql.param([...ids])}::uuid[]) as wanted (id)`)
    .innerJoinLateral(selectLeadById(tx, tenantId, sql`wanted.id`), sql`true`)
    .where(whereOwnAndLive);
  return new Map(rows.map((row) => [row.id, row]));
}

const toKey = (externalId: string, claimed: string | null): string =>
  `${claimed ?? ''}/${externalId}`;
const readClaim = ({ record }: Incoming): string | null =>
  'mirrorOf' in record ? (record.mirrorOf?.toLowerCase() ?? null) : null;

/**
 * Records a pending pull for each pushed lead that these changes concern: its copy appeared,
 * changed or was deleted, or the lead itself was deleted or came back. Runs in the transaction of
 * the changes.
 */
export async function recordPendingPulls(
  tx: Tx,
  { tenantId, connectionId }: Pick<ProviderStreamKey, 'tenantId' | 'connectionId'>,
  entity: EntityName,
  changes: readonly Change[],
): Promise<void> {
  if (entity !== 'lead') return;
  const rows = (changes as readonly Change<'lead'>[]).map(({ before, after }) => ({
    before,
    after,
  }));
  const copies = [
    ...new Set(
      rows
        .flatMap(({ before, after }) => [before?.mirrorOf, after?.mirrorOf])
        .filter((id) => typeof id === 'string'),
    ),
  ];
  const moved = rows
    .filter(({ before, after }) => hasChangedVisibility(before, after))
    .flatMap(({ before, after }) => before?.id ?? after?.id ?? []);
  if (copies.length + moved.length === 0) return;
  // In a fixed order, so that two connections that record pulls for the same leads do not deadlock.
  await tx.execute(sql`
    insert into ${pushPulls} (tenant_id, connection_id, lead_id)
    select ${tenantId}::uuid, connection_id, lead_id from (
      select ${connectionId}::uuid as connection_id, lead_id
      from unnest(${sql.param(copies)}::uuid[]) as copy (lead_id)
      union
      select connection_id, lead_id from ${pushes}
      where tenant_id = ${tenantId} and lead_id = any(${sql.param(moved)}::uuid[])) as marked
    order by connection_id, lead_id
    on conflict (tenant_id, connection_id, lead_id) do update set marked_at = clock_timestamp()`);
}

/**
 * Whether a lead was deleted, came back, or became or ceased to be a copy itself: then its own
 * copies may have to be shown, or hidden again.
 */
function hasChangedVisibility(
  before: EntityRows['lead'] | null,
  after: EntityRows['lead'] | null,
): boolean {
  if (after === null) return true;
  return before === null ? after.firstSeenAt < after.changedAt : before.mirrorOf !== after.mirrorOf;
}
