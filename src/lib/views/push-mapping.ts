import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { Tx } from '../platform/db/pool.ts';
import { compileRows } from '../mappings/compile-rows.ts';
import { previewMapping, readSampleLeads, type PreviewLead } from '../mappings/preview.ts';
import type { RowOverride } from '../mappings/row-overrides.ts';
import {
  compareVersions,
  listMappingVersions,
  selectMapping,
  type MappingVersion,
} from '../mappings/store.ts';
import { suggestRows, type SuggestedRow } from '../mappings/suggest-rows.ts';
import { selectTargetMetadata } from '../mappings/destination-fields.ts';
import { listTargetFields, nameObject } from '../mappings/target-fields.ts';
import { validateMapping, type UnfilledField, type Validation } from '../mappings/validate.ts';
import { listPushConnections, type PushConnection } from '../outbound/push/request.ts';
import { pushSources, type SourceField } from '../mappings/lead-fields.ts';
import {
  objectRoles,
  type ObjectRole,
  type TargetField,
  type TargetMetadata,
} from '../connectors/contract/destination.ts';
import { getProvider } from '../connectors/registry.ts';
import { readTenant } from '../identity/tenancy/with-tenant.ts';
import { resetRow, type MappingDraft } from './push-mapping-draft.ts';
import { buildRows, listLeftOut, type LeftOutRow, type MappingRow } from './push-mapping-rows.ts';
import { loadNames } from './user-names.ts';
import type { Workspace } from './workspace.ts';

export interface MappedObject {
  role: ObjectRole;
  /** What people call it in the CRM, such as "account". */
  label: string;
  rows: MappingRow[];
  /** Unmapped fields that can be mapped, required ones first. */
  free: TargetField[];
  /** Required fields that no row maps. */
  missing: TargetField[];
  /** Fields that the CRM asks people for and no row maps. */
  expected: TargetField[];
  /** Rows of the default that are left out here. */
  leftOut: LeftOutRow[];
  /** What could fill unmapped fields; undefined when nobody asked. */
  suggestions: SuggestedRow[] | undefined;
}

interface MappingEditor {
  connection: PushConnection;
  /** The version that the edit is based on. */
  basedOn: number;
  objects: MappedObject[];
  sources: readonly SourceField[];
  /** When the CRM's fields were last read; null if never. */
  fetchedAt: Date | null;
  isChanged: boolean;
  isValid: boolean;
  note: string;
  history: HistoryEntry[];
  /** What changed between two versions; undefined when nobody asked. */
  comparison: VersionComparison | undefined;
  preview: PreviewLead[] | undefined;
}

export interface MappingView {
  connections: PushConnection[];
  /** Undefined when no connection accepts leads. */
  editor: MappingEditor | undefined;
}

interface HistoryEntry extends Omit<MappingVersion, 'savedBy'> {
  /** Null for one that was saved on the command line. */
  by: string | null;
}

interface VersionComparison {
  from: number;
  to: number;
  changes: RowOverride[];
}

const maxVersions = 20;

const versionNumber = z.coerce.number().int().min(0).max(999_999_999);
const pageParams = z.object({
  connection: z.string().optional(),
  from: versionNumber.optional().catch(undefined),
  to: versionNumber.optional().catch(undefined),
});

/**
 * Everything on the field mapping page. `?connection=` names the connection, else it is the first
 * one; `?from=` and `?to=` are versions to compare.
 */
export async function getMappingView(
  { tenant }: Workspace,
  params: URLSearchParams,
  draft?: MappingDraft,
): Promise<MappingView> {
  const { connection: wanted, from, to } = pageParams.parse(Object.fromEntries(params));
  const connections = await listPushConnections(tenant.id);
  const connection = connections.find(({ id }) => id === wanted) ?? connections[0];
  if (connection === undefined) return { connections, editor: undefined };
  const compare = from === undefined || to === undefined ? undefined : { from, to };
  return {
    connections,
    editor: await readTenant(tenant.id, (tx) =>
      buildEditor(tx, { tenantId: tenant.id, connection, draft, compare }),
    ),
  };
}

interface EditorRequest {
  tenantId: string;
  connection: PushConnection;
  draft: MappingDraft | undefined;
  compare: { from: number; to: number } | undefined;
}

async function buildEditor(
  tx: Tx,
  { tenantId, connection, draft: sent, compare }: EditorRequest,
): Promise<MappingEditor> {
  const saved = await selectMapping(tx, tenantId, connection.id);
  const draft = sent && resetRow(sent, saved.defaults);
  const targets = await selectTargetMetadata(tx, tenantId, connection.id);
  const fields = draft?.fields ?? saved.fields;
  const checked = await validateMapping(fields, targets?.metadata, pushSources);
  const rows = await buildRows(fields, { saved, draft, metadata: targets?.metadata, checked });
  const isTried = draft?.preview === true || draft?.suggest === true;
  const samples =
    isTried && targets !== undefined ? await readSampleLeads(tx, tenantId, connection.id) : [];
  return {
    connection,
    basedOn: draft?.basedOn ?? saved.version,
    objects: listRoles(connection).map((role) => {
      const object = toMappedObject(role, rows, targets?.metadata, checked);
      return {
        ...object,
        leftOut: listLeftOut(role, rows, saved.defaults, targets?.metadata),
        suggestions: draft?.suggest === true ? suggestRows(role, object.free, samples) : undefined,
      };
    }),
    sources: pushSources,
    fetchedAt: targets?.fetchedAt ?? null,
    isChanged: draft !== undefined && !isDeepStrictEqual(draft.fields, saved.fields),
    isValid: checked.isValid && (draft?.unread.length ?? 0) === 0,
    note: draft?.note ?? '',
    history: await readHistory(tx, tenantId, connection.id),
    comparison: compare && {
      ...compare,
      changes: await compareVersions(tx, tenantId, connection.id, compare.from, compare.to),
    },
    preview:
      draft?.preview === true && targets !== undefined
        ? previewMapping(samples, await compileRows(fields), targets.metadata)
        : undefined,
  };
}

async function readHistory(
  tx: Tx,
  tenantId: string,
  connectionId: string,
): Promise<HistoryEntry[]> {
  const history = await listMappingVersions(tx, tenantId, connectionId, maxVersions);
  const toName = await loadNames(
    tx,
    history.map(({ savedBy }) => savedBy),
  );
  return history.map(({ savedBy, ...version }) => ({ ...version, by: toName(savedBy) }));
}

/** The roles that the provider has objects for. */
function listRoles({ provider }: PushConnection): ObjectRole[] {
  const { objects = {} } = getProvider(provider).push ?? {};
  return objectRoles.filter((role) => objects[role] !== undefined);
}

function toMappedObject(
  role: ObjectRole,
  rows: readonly MappingRow[],
  metadata: TargetMetadata | undefined,
  { missing, expected }: Pick<Validation, 'missing' | 'expected'>,
): Omit<MappedObject, 'leftOut' | 'suggestions'> {
  const own = rows.filter((row) => row.role === role);
  const isFree = ({ name, type, creatable, updatable }: TargetField) =>
    type !== 'lookup' &&
    type !== 'other' &&
    (creatable || updatable) &&
    !own.some(({ target }) => target === name);
  const free = (metadata === undefined ? [] : listTargetFields(metadata, role))
    .filter(isFree)
    .toSorted((a, b) => toUrgency(b) - toUrgency(a) || a.label.localeCompare(b.label));
  return {
    role,
    label: metadata === undefined ? role : nameObject(metadata, role),
    rows: own,
    free,
    missing: pickFields(missing, role),
    expected: pickFields(expected, role),
  };
}

const pickFields = (unfilled: readonly UnfilledField[], role: ObjectRole): TargetField[] =>
  unfilled.filter((one) => one.role === role).map(({ field }) => field);

/** Required fields come before those that the CRM only asks people for, and these before others. */
const toUrgency = ({ required, expected = false }: TargetField): number =>
  Number(required) * 2 + Number(expected);
