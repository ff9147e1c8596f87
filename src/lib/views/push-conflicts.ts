import { and, desc, eq, isNotNull, isNull, sql } from 'drizzle-orm';
import { z } from 'zod';
import { connections } from '../schema/connections.ts';
import { loadUserNames } from '../identity/actor.ts';
import { leads } from '../schema/leads.ts';
import type { Tx } from '../platform/db/pool.ts';
import { isId } from '../platform/id.ts';
import { selectMapping } from '../mappings/store.ts';
import { selectTargetMetadata } from '../mappings/destination-fields.ts';
import { getProvider } from '../connectors/registry.ts';
import {
  conflictsDigest,
  hashConflict,
  isRecordLost,
  isWholeRecord,
  findTargetField,
} from '../outbound/pull/conflict.ts';
import { pushConflicts, pushes } from '../schema/pushes.ts';
import { pushSources } from '../mappings/lead-fields.ts';
import type { FieldMapping, TargetMetadata } from '../connectors/contract/destination.ts';
import { enabledFeatures } from '../identity/features.ts';
import { readTenant } from '../identity/tenancy/with-tenant.ts';
import { onConnection, onLead } from './push-list.ts';
import type { Workspace } from './workspace.ts';

/** A field that both sides changed, or a record that only one of them still has. */
interface ConflictItem {
  id: string;
  /** What the field is called here. */
  label: string;
  /** What it is called there; null when that says nothing new. */
  there: string | null;
  ours: string | null;
  theirs: string | null;
  base: string | null;
  /**
   * The record as a whole: `lost` when it is not there any more, `closed` when it cannot be changed
   * there.
   */
  whole: 'lost' | 'closed' | null;
  foundAt: Date;
  /** What the person saw: a decision names it. */
  seen: string;
}

/** The open conflicts of one lead in one CRM. */
export interface ConflictGroup {
  pushId: string;
  leadId: string;
  leadName: string;
  company: string | null;
  system: string;
  /** The system that our lead comes from. */
  source: string;
  /** When each side changed last, as far as it is known. */
  oursChangedAt: Date | null;
  theirsChangedAt: Date | null;
  items: ConflictItem[];
  seen: string;
}

/** A conflict that is decided. */
export interface DecidedConflict {
  id: string;
  leadId: string;
  leadName: string;
  label: string;
  resolution: 'ours' | 'theirs' | 'gone';
  /** What it was decided for; null when that is nothing. */
  value: string | null;
  at: Date;
  by: string | null;
}

export interface ConflictsView {
  isOn: boolean;
  groups: ConflictGroup[];
  /** Open conflicts in all, shown or not. */
  total: number;
  decided: DecidedConflict[];
}

/** Leads shown at once, and decided conflicts. */
const maxGroups = 50;
const maxDecided = 50;

const filterSchema = z.object({ push: z.string().refine(isId).optional().catch(undefined) });

/** Everything on the page of conflicts; `?push=` narrows it to one lead in one CRM. */
export async function getConflictsView(
  { tenant }: Workspace,
  params: URLSearchParams,
): Promise<ConflictsView> {
  const { push } = filterSchema.parse(Object.fromEntries(params));
  const isOn = (await enabledFeatures(tenant.id)).has('crm-push');
  return readTenant(tenant.id, async (tx) => {
    const destinations = new Map<string, Destination>();
    const rows = await selectOpenConflicts(tx, tenant.id, push);
    const decided = await selectDecidedConflicts(tx, tenant.id);
    for (const { connectionId } of [...rows, ...decided])
      if (!destinations.has(connectionId))
        destinations.set(connectionId, await readDestination(tx, tenant.id, connectionId));
    const groups = [...Map.groupBy(rows, ({ pushId }) => pushId).values()]
      .slice(0, maxGroups)
      .map((items) => toConflictGroup(items, destinations));
    const [count] = await tx
      .select({ total: sql<number>`count(*)::int` })
      .from(pushConflicts)
      .where(and(eq(pushConflicts.tenantId, tenant.id), isNull(pushConflicts.resolvedAt)));
    const names = await loadUserNames(
      tx,
      decided.map(({ resolvedBy }) => resolvedBy),
    );
    return {
      isOn,
      groups,
      total: count?.total ?? 0,
      decided: decided.flatMap((row) => toDecidedConflicts(row, destinations, names)),
    };
  });
}

const onPush = and(
  eq(pushes.tenantId, pushConflicts.tenantId),
  eq(pushes.id, pushConflicts.pushId),
);
const commonColumns = {
  id: pushConflicts.id,
  pushId: pushConflicts.pushId,
  field: pushConflicts.field,
  ours: pushConflicts.ours,
  theirs: pushConflicts.theirs,
  base: pushConflicts.base,
  foundAt: pushConflicts.foundAt,
  leadId: pushes.leadId,
  leadName: leads.name,
  company: leads.company,
  connectionId: pushes.connectionId,
  system: connections.label,
};

function selectOpenConflicts(tx: Tx, tenantId: string, push: string | undefined) {
  const copy = sql`(select source_updated_at from ${leads} as copy where copy.tenant_id = ${tenantId} and copy.connection_id = ${pushes.connectionId} and copy.external_id = ${pushes.remoteId} limit 1)`;
  return tx
    .select({
      ...commonColumns,
      provider: leads.provider,
      oursChangedAt: leads.sourceUpdatedAt,
      theirsChangedAt: sql<Date | null>`${copy}`.mapWith(leads.sourceUpdatedAt),
    })
    .from(pushConflicts)
    .innerJoin(pushes, onPush)
    .innerJoin(leads, onLead)
    .innerJoin(connections, onConnection)
    .where(
      and(
        eq(pushConflicts.tenantId, tenantId),
        isNull(pushConflicts.resolvedAt),
        push === undefined ? undefined : eq(pushConflicts.pushId, push),
      ),
    )
    .orderBy(desc(pushConflicts.foundAt), pushConflicts.pushId, pushConflicts.field)
    .limit(maxGroups * 20);
}

function selectDecidedConflicts(tx: Tx, tenantId: string) {
  return tx
    .select({
      ...commonColumns,
      resolution: pushConflicts.resolution,
      resolvedAt: pushConflicts.resolvedAt,
      resolvedBy: pushConflicts.resolvedBy,
    })
    .from(pushConflicts)
    .innerJoin(pushes, onPush)
    .innerJoin(leads, onLead)
    .innerJoin(connections, onConnection)
    .where(and(eq(pushConflicts.tenantId, tenantId), isNotNull(pushConflicts.resolvedAt)))
    .orderBy(desc(pushConflicts.resolvedAt))
    .limit(maxDecided);
}

type OpenRow = Awaited<ReturnType<typeof selectOpenConflicts>>[number];
type DecidedRow = Awaited<ReturnType<typeof selectDecidedConflicts>>[number];
/** What the CRM says of its fields, and which of ours fill them. */
interface Destination {
  metadata: TargetMetadata | undefined;
  fields: FieldMapping[];
}
type Destinations = ReadonlyMap<string, Destination>;

async function readDestination(
  tx: Tx,
  tenantId: string,
  connectionId: string,
): Promise<Destination> {
  const destinations = await selectTargetMetadata(tx, tenantId, connectionId);
  return {
    metadata: destinations?.metadata,
    fields:
      destinations === undefined ? [] : (await selectMapping(tx, tenantId, connectionId)).fields,
  };
}

function toConflictGroup(rows: readonly OpenRow[], destinations: Destinations): ConflictGroup {
  const [first] = rows;
  if (first === undefined) throw new Error('A group has rows');
  const { pushId, leadId, leadName, company, system, provider, oursChangedAt, theirsChangedAt } =
    first;
  const items = rows.map((row): ConflictItem => {
    const { label, there, format } = describeField(row, destinations);
    const whole = isWholeRecord(row) ? (isRecordLost(row) ? 'lost' : 'closed') : null;
    return {
      id: row.id,
      label,
      there,
      ours: format(row.ours),
      theirs: format(row.theirs),
      base: format(row.base),
      whole,
      foundAt: row.foundAt,
      seen: hashConflict(row),
    };
  });
  return {
    pushId,
    leadId,
    leadName,
    company,
    system,
    source: getProvider(provider).label,
    oursChangedAt,
    theirsChangedAt,
    items,
    seen: conflictsDigest(rows),
  };
}

function toDecidedConflicts(
  row: DecidedRow,
  destinations: Destinations,
  names: ReadonlyMap<string, string>,
): DecidedConflict[] {
  const { id, leadId, leadName, resolution, resolvedAt, resolvedBy } = row;
  if (resolution === null || resolvedAt === null) return [];
  const { label, format } = describeField(row, destinations);
  const value =
    isWholeRecord(row) || resolution === 'gone'
      ? null
      : format(resolution === 'ours' ? row.ours : row.theirs);
  return [
    {
      id,
      leadId,
      leadName,
      label,
      resolution,
      value,
      at: resolvedAt,
      by: resolvedBy === null ? null : (names.get(resolvedBy) ?? 'Somebody who has left'),
    },
  ];
}

/** What a field is called on both sides, and how its values read: options by their label. */
function describeField(
  { field, connectionId }: { field: string; connectionId: string },
  destinations: Destinations,
): { label: string; there: string | null; format: (value: string | null) => string | null } {
  if (isWholeRecord({ field }))
    return {
      label: field.startsWith('opportunity.') ? 'The opportunity' : 'The whole record',
      there: null,
      format: (value) => value,
    };
  const destination = destinations.get(connectionId);
  const targetField =
    destination?.metadata === undefined
      ? undefined
      : findTargetField({ metadata: destination.metadata }, field);
  const mapped = destination?.fields.find(
    ({ table, target }) =>
      targetField !== undefined && table === targetField.table && target === targetField.field.name,
  );
  const there =
    targetField === undefined
      ? field
      : targetField.table === 'lead'
        ? targetField.field.label
        : `${targetField.field.label} of the ${targetField.table}`;
  const label = pushSources.find(({ key }) => key === mapped?.source)?.label ?? there;
  const options = targetField?.field.options ?? [];
  return {
    label,
    there: label === there ? null : there,
    format: (value) => options.find((option) => String(option.value) === value)?.label ?? value,
  };
}
