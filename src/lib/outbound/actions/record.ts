import { and, desc, eq, isNull } from 'drizzle-orm';
import type {
  ActionDefinition,
  ChangeAction,
  Choice,
  CurrentItem,
  RecordState,
} from '../../connectors/contract/actions.ts';
import type { ProviderDefinition } from '../../connectors/contract/provider.ts';
import { getProvider } from '../../connectors/registry.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { Problem } from '../../platform/errors.ts';
import { isId } from '../../platform/id.ts';
import { connections } from '../../schema/connections.ts';
import { leads } from '../../schema/leads.ts';
import { opportunities } from '../../schema/opportunities.ts';
import { actionChoices, writeBacks } from '../../schema/write-backs.ts';
import type { WriteBackRow } from './store.ts';

/** The entities whose records have actions, besides referrals, which have a page of their own. */
const tables = { lead: leads, opportunity: opportunities };
export type ActionEntity = keyof typeof tables;

/** A record as an address names it. */
export interface ActionTarget {
  entity: ActionEntity;
  id: string;
}

/** A record as it is stored here, with what may be done to it and what was done last. */
export interface ActionRecord {
  connectionId: string;
  stream: string;
  externalId: string;
  provider: ProviderDefinition;
  /** The item as received from its source. */
  raw: unknown;
  /** When the response that last changed it was received. */
  changedAt: Date;
  /** None while the connection is paused. */
  actions: ActionDefinition[];
  /** By `<stream>/<action>`; null before they were read for the first time. */
  choices: Record<string, Choice[]> | null;
  choicesReadAt: Date | null;
  /** Newest first. */
  recent: WriteBackRow[];
}

/** How many of the last actions of a record are read. */
const maxRecent = 10;

/** Reads a record. Throws Problem `not_found`, also for one of another tenant. */
export async function readActionRecord(
  tx: Tx,
  tenantId: string,
  { entity, id }: ActionTarget,
): Promise<ActionRecord> {
  const [row] = isId(id) ? await selectRecord(tx, tenantId, entity, id) : [];
  if (row === undefined)
    throw new Problem(
      'not_found',
      `This ${entity} does not exist. It may have been deleted at its source.`,
    );
  const { provider: key, status, ...record } = row;
  const provider = getProvider(key);
  const recent = await tx
    .select()
    .from(writeBacks)
    .where(
      and(
        eq(writeBacks.tenantId, tenantId),
        eq(writeBacks.connectionId, row.connectionId),
        eq(writeBacks.stream, row.stream),
        eq(writeBacks.externalId, row.externalId),
      ),
    )
    .orderBy(desc(writeBacks.id))
    .limit(maxRecent);
  const actions = (provider.actions ?? []).filter(({ stream }) => stream === row.stream);
  return { ...record, provider, actions: status === 'paused' ? [] : actions, recent };
}

function selectRecord(tx: Tx, tenantId: string, entity: ActionEntity, id: string) {
  const table = tables[entity] as typeof leads;
  const ofConnection = and(
    eq(connections.tenantId, table.tenantId),
    eq(connections.id, table.connectionId),
  );
  const ofChoices = and(
    eq(actionChoices.tenantId, table.tenantId),
    eq(actionChoices.connectionId, table.connectionId),
  );
  return tx
    .select({
      connectionId: table.connectionId,
      stream: table.stream,
      externalId: table.externalId,
      provider: connections.provider,
      status: connections.status,
      raw: table.rawJson,
      changedAt: table.changedAt,
      choices: actionChoices.choices,
      choicesReadAt: actionChoices.fetchedAt,
    })
    .from(table)
    .innerJoin(connections, ofConnection)
    .leftJoin(actionChoices, ofChoices)
    .where(and(eq(table.tenantId, tenantId), eq(table.id, id), isNull(table.deletedAt)));
}

/**
 * The state of a record as far as we know it: as it was received last, or as a change from here has
 * made it since.
 */
export function readKnownState(
  { raw, recent, changedAt }: ActionRecord,
  action: ChangeAction,
): Omit<CurrentItem, 'tag'> {
  const { state, facts } = action.current(raw);
  const written = recent.find(
    (row) =>
      row.action === action.key &&
      row.outcome === 'done' &&
      (row.finishedAt ?? new Date(0)) > changedAt,
  );
  return { state: { ...state, ...written?.wanted }, facts };
}

/** The choices of an action for one record; null when they were never read. Pure. */
export function selectChoices(
  { choices, stream }: Pick<ActionRecord, 'choices' | 'stream'>,
  { key }: Pick<ActionDefinition, 'key'>,
  known: RecordState,
): Choice[] | null {
  const all = new Map(Object.entries(choices ?? {})).get(`${stream}/${key}`);
  return (
    all?.filter(({ when = {} }) =>
      Object.entries(when).every(([name, value]) => known[name] === value),
    ) ?? null
  );
}
