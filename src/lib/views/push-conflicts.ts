import { z } from 'zod';
import { getProvider } from '../connectors/registry.ts';
import { enabledFeatures } from '../identity/features.ts';
import { readTenant } from '../identity/tenancy/with-tenant.ts';
import {
  conflictsDigest,
  hashConflict,
  isRecordLost,
  isWholeRecord,
} from '../outbound/pull/conflict.ts';
import { isId } from '../platform/id.ts';
import { describeField, readDestinations, type Destinations } from './push-conflict-fields.ts';
import {
  countOpenConflicts,
  selectDecidedConflicts,
  selectOpenConflicts,
  type DecidedRow,
  type OpenRow,
} from './push-conflict-queries.ts';
import { loadNames } from './user-names.ts';
import type { Workspace } from './workspace.ts';

/** A field that both sides changed, or a record that only one side still has. */
interface ConflictItem {
  id: string;
  /** The label of our field. */
  label: string;
  /** The label of the CRM's field; null when it is the same. */
  there: string | null;
  /** Why the CRM's value cannot come to our lead, as a sentence; null when it can. */
  oneWay: string | null;
  ours: string | null;
  theirs: string | null;
  base: string | null;
  /**
   * Set for a whole record: `lost` when the CRM no longer has it, `closed` when it cannot be
   * changed there.
   */
  whole: 'lost' | 'closed' | null;
  foundAt: Date;
  /** Digest of what the page shows; the decision sends it back. */
  seen: string;
}

/** The open conflicts of one lead in one CRM. */
export interface ConflictGroup {
  pushId: string;
  leadId: string;
  leadName: string;
  company: string | null;
  system: string;
  /** Label of the system that our lead comes from. */
  source: string;
  /** When each side last changed, if known. */
  oursChangedAt: Date | null;
  theirsChangedAt: Date | null;
  items: ConflictItem[];
  seen: string;
}

/** A decided conflict. */
export interface DecidedConflict {
  id: string;
  leadId: string;
  leadName: string;
  label: string;
  resolution: 'ours' | 'theirs' | 'gone';
  /** The value that was chosen; null if there is none. */
  value: string | null;
  at: Date;
  by: string | null;
}

export interface ConflictsView {
  isOn: boolean;
  groups: ConflictGroup[];
  /** The number of open conflicts, shown or not. */
  total: number;
  decided: DecidedConflict[];
}

/** The most leads that the page shows at once. */
const maxGroups = 50;

const filterSchema = z.object({ push: z.string().refine(isId).optional().catch(undefined) });

/**
 * Everything on the conflicts page, as of one moment; `?push=` narrows it to one lead in one CRM.
 */
export async function getConflictsView(
  { tenant }: Workspace,
  params: URLSearchParams,
): Promise<ConflictsView> {
  const { push } = filterSchema.parse(Object.fromEntries(params));
  const isOn = (await enabledFeatures(tenant.id)).has('crm-push');
  return readTenant(tenant.id, async (tx) => {
    const open = await selectOpenConflicts(tx, tenant.id, push);
    const decided = await selectDecidedConflicts(tx, tenant.id);
    const connectionIds = [...open, ...decided].map(({ connectionId }) => connectionId);
    const destinations = await readDestinations(tx, tenant.id, connectionIds);
    const toName = await loadNames(
      tx,
      decided.map(({ resolvedBy }) => resolvedBy),
    );
    const groups = [...Map.groupBy(open, ({ pushId }) => pushId).values()].slice(0, maxGroups);
    return {
      isOn,
      groups: groups.map((rows) => toConflictGroup(rows, destinations)),
      total: await countOpenConflicts(tx, tenant.id),
      decided: decided.flatMap((row) => toDecidedConflicts(row, destinations, toName)),
    };
  });
}

function toConflictGroup(rows: readonly OpenRow[], destinations: Destinations): ConflictGroup {
  const [first] = rows;
  if (first === undefined) throw new Error('A group has rows');
  const { pushId, leadId, leadName, company, system, oursChangedAt, theirsChangedAt } = first;
  return {
    pushId,
    leadId,
    leadName,
    company,
    system,
    source: getProvider(first.provider).label,
    oursChangedAt,
    theirsChangedAt,
    items: rows.map((row) => toConflictItem(row, destinations)),
    seen: conflictsDigest(rows),
  };
}

function toConflictItem(row: OpenRow, destinations: Destinations): ConflictItem {
  const { label, there, oneWay, format } = describeField(row, destinations);
  return {
    id: row.id,
    label,
    there,
    oneWay,
    ours: format(row.ours),
    theirs: format(row.theirs),
    base: format(row.base),
    whole: isWholeRecord(row) ? (isRecordLost(row) ? 'lost' : 'closed') : null,
    foundAt: row.foundAt,
    seen: hashConflict(row),
  };
}

function toDecidedConflicts(
  row: DecidedRow,
  destinations: Destinations,
  toName: (userId: string | null) => string | null,
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
      by: toName(resolvedBy),
    },
  ];
}
