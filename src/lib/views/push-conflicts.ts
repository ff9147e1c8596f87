import { and, desc, eq, isNotNull, isNull, sql } from 'drizzle-orm';
import { z } from 'zod';
import { connections } from '../schema/connections.ts';
import { namesOf } from '../identity/actor.ts';
import { leads } from '../schema/leads.ts';
import type { Tx } from '../platform/db/pool.ts';
import { isId } from '../platform/id.ts';
import { selectMapping } from '../mappings/store.ts';
import { selectTargets } from '../mappings/destinations.ts';
import { getProvider } from '../connectors/registry.ts';
import { allDigest, conflictDigest, isLost, isWhole, placeOf } from '../outbound/pull/resolve.ts';
import { pushConflicts, pushes } from '../schema/pushes.ts';
import { pushSources } from '../mappings/lead-fields.ts';
import type { FieldMapping, TargetMetadata } from '../connectors/contract/destination.ts';
import { enabledFeatures } from '../identity/features.ts';
import { readTenant } from '../identity/tenancy/with-tenant.ts';
import { ofConnection, ofLead } from './push-list.ts';
import type { Workspace } from './workspace.ts';

/** A field that both sides changed, or a record that only one of them still has. */
export interface ConflictItem {
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
const mostGroups = 50;
const mostDecided = 50;

const filterForm = z.object({ push: z.string().refine(isId).optional().catch(undefined) });

/** Everything on the page of conflicts; `?push=` narrows it to one lead in one CRM. */
export async function conflictsView(
  { tenant }: Workspace,
  params: URLSearchParams,
): Promise<ConflictsView> {
  const { push } = filterForm.parse(Object.fromEntries(params));
  const isOn = (await enabledFeatures(tenant.id)).has('crm-push');
  return readTenant(tenant.id, async (tx) => {
    const targets = new Map<string, Ground>();
    const rows = await openRows(tx, tenant.id, push);
    const decided = await decidedRows(tx, tenant.id);
    for (const { connectionId } of [...rows, ...decided])
      if (!targets.has(connectionId))
        targets.set(connectionId, await groundOf(tx, tenant.id, connectionId));
    const groups = [...Map.groupBy(rows, ({ pushId }) => pushId).values()]
      .slice(0, mostGroups)
      .map((items) => groupOf(items, targets));
    const [count] = await tx
      .select({ total: sql<number>`count(*)::int` })
      .from(pushConflicts)
      .where(and(eq(pushConflicts.tenantId, tenant.id), isNull(pushConflicts.resolvedAt)));
    const names = await namesOf(
      tx,
      decided.map(({ resolvedBy }) => resolvedBy),
    );
    return {
      isOn,
      groups,
      total: count?.total ?? 0,
      decided: decided.flatMap((row) => decidedOf(row, targets, names)),
    };
  });
}

const ofPush = and(
  eq(pushes.tenantId, pushConflicts.tenantId),
  eq(pushes.id, pushConflicts.pushId),
);
const common = {
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

function openRows(tx: Tx, tenantId: string, push: string | undefined) {
  const copy = sql`(select source_updated_at from ${leads} as copy where copy.tenant_id = ${tenantId} and copy.connection_id = ${pushes.connectionId} and copy.external_id = ${pushes.remoteId} limit 1)`;
  return tx
    .select({
      ...common,
      provider: leads.provider,
      oursChangedAt: leads.sourceUpdatedAt,
      theirsChangedAt: sql<Date | null>`${copy}`.mapWith(leads.sourceUpdatedAt),
    })
    .from(pushConflicts)
    .innerJoin(pushes, ofPush)
    .innerJoin(leads, ofLead)
    .innerJoin(connections, ofConnection)
    .where(
      and(
        eq(pushConflicts.tenantId, tenantId),
        isNull(pushConflicts.resolvedAt),
        push === undefined ? undefined : eq(pushConflicts.pushId, push),
      ),
    )
    .orderBy(desc(pushConflicts.foundAt), pushConflicts.pushId, pushConflicts.field)
    .limit(mostGroups * 20);
}

function decidedRows(tx: Tx, tenantId: string) {
  return tx
    .select({
      ...common,
      resolution: pushConflicts.resolution,
      resolvedAt: pushConflicts.resolvedAt,
      resolvedBy: pushConflicts.resolvedBy,
    })
    .from(pushConflicts)
    .innerJoin(pushes, ofPush)
    .innerJoin(leads, ofLead)
    .innerJoin(connections, ofConnection)
    .where(and(eq(pushConflicts.tenantId, tenantId), isNotNull(pushConflicts.resolvedAt)))
    .orderBy(desc(pushConflicts.resolvedAt))
    .limit(mostDecided);
}

type OpenRow = Awaited<ReturnType<typeof openRows>>[number];
type DecidedRow = Awaited<ReturnType<typeof decidedRows>>[number];
/** What the CRM says of its fields, and which of ours fill them. */
interface Ground {
  metadata: TargetMetadata | undefined;
  fields: FieldMapping[];
}
type Targets = ReadonlyMap<string, Ground>;

async function groundOf(tx: Tx, tenantId: string, connectionId: string): Promise<Ground> {
  const targets = await selectTargets(tx, tenantId, connectionId);
  return {
    metadata: targets?.metadata,
    fields: targets === undefined ? [] : (await selectMapping(tx, tenantId, connectionId)).fields,
  };
}

function groupOf(rows: readonly OpenRow[], targets: Targets): ConflictGroup {
  const [first] = rows;
  if (first === undefined) throw new Error('A group has rows');
  const { pushId, leadId, leadName, company, system, provider, oursChangedAt, theirsChangedAt } =
    first;
  const items = rows.map((row): ConflictItem => {
    const { label, there, words } = fieldOf(row, targets);
    const whole = isWhole(row) ? (isLost(row) ? 'lost' : 'closed') : null;
    return {
      id: row.id,
      label,
      there,
      ours: words(row.ours),
      theirs: words(row.theirs),
      base: words(row.base),
      whole,
      foundAt: row.foundAt,
      seen: conflictDigest(row),
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
    seen: allDigest(rows),
  };
}

function decidedOf(
  row: DecidedRow,
  targets: Targets,
  names: ReadonlyMap<string, string>,
): DecidedConflict[] {
  const { id, leadId, leadName, resolution, resolvedAt, resolvedBy } = row;
  if (resolution === null || resolvedAt === null) return [];
  const { label, words } = fieldOf(row, targets);
  const value =
    isWhole(row) || resolution === 'gone'
      ? null
      : words(resolution === 'ours' ? row.ours : row.theirs);
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
function fieldOf(
  { field, connectionId }: { field: string; connectionId: string },
  targets: Targets,
): { label: string; there: string | null; words: (value: string | null) => string | null } {
  if (isWhole({ field }))
    return {
      label: field.startsWith('opportunity.') ? 'The opportunity' : 'The whole record',
      there: null,
      words: (value) => value,
    };
  const ground = targets.get(connectionId);
  const place =
    ground?.metadata === undefined ? undefined : placeOf({ metadata: ground.metadata }, field);
  const mapped = ground?.fields.find(
    ({ table, target }) =>
      place !== undefined && table === place.table && target === place.field.name,
  );
  const there =
    place === undefined
      ? field
      : place.table === 'lead'
        ? place.field.label
        : `${place.field.label} of the ${place.table}`;
  const label = pushSources.find(({ key }) => key === mapped?.source)?.label ?? there;
  const options = place?.field.options ?? [];
  return {
    label,
    there: label === there ? null : there,
    words: (value) => options.find((option) => String(option.value) === value)?.label ?? value,
  };
}
