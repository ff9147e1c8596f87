import { isDeepStrictEqual } from 'node:util';
import type { Tx } from '../platform/db/pool.ts';
import { previewMapping, type PreviewLead } from '../mappings/preview.ts';
import { listMappingVersions, selectMapping } from '../mappings/store.ts';
import { selectTargetMetadata } from '../mappings/destination-fields.ts';
import { findTargetField, listTargetFields, nameObject } from '../mappings/target-fields.ts';
import {
  validateMapping,
  type RowProblem,
  type UnfilledField,
  type Validation,
} from '../mappings/validate.ts';
import { isInvertible } from '../mappings/to-lead-values.ts';
import { listPushConnections, type PushConnection } from '../outbound/push/request.ts';
import { pushSources, type SourceField } from '../mappings/lead-fields.ts';
import {
  objectRoles,
  type FieldMapping,
  type ObjectRole,
  type TargetField,
  type TargetMetadata,
} from '../connectors/contract/destination.ts';
import { getProvider } from '../connectors/registry.ts';
import { readTenant } from '../identity/tenancy/with-tenant.ts';
import { loadNames } from './user-names.ts';
import type { Workspace } from './workspace.ts';

/** One row of the editor. */
export interface MappingRow extends FieldMapping {
  /** Its position among all rows, used in the names of its inputs. */
  index: number;
  /**
   * The CRM's field; undefined when it has none of that name, or its fields have not been read yet.
   */
  field: TargetField | undefined;
  problems: RowProblem[];
  /** Whether changes in the CRM can be translated back to our field. */
  comesBack: boolean;
}

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
  history: { version: number; size: number; savedAt: Date; by: string | null }[];
  preview: PreviewLead[] | undefined;
}

export interface MappingView {
  connections: PushConnection[];
  /** Undefined when no connection accepts leads. */
  editor: MappingEditor | undefined;
}

/** Edited rows that have not been saved. */
export interface MappingDraft {
  fields: FieldMapping[];
  basedOn: number;
  preview: boolean;
}

const maxVersions = 20;

/** Everything on the field mapping page, for the given connection or else the first one. */
export async function getMappingView(
  { tenant }: Workspace,
  connectionId: string | null,
  draft?: MappingDraft,
): Promise<MappingView> {
  const connections = await listPushConnections(tenant.id);
  const connection = connections.find(({ id }) => id === connectionId) ?? connections[0];
  if (connection === undefined) return { connections, editor: undefined };
  return {
    connections,
    editor: await readTenant(tenant.id, (tx) => buildEditor(tx, tenant.id, connection, draft)),
  };
}

async function buildEditor(
  tx: Tx,
  tenantId: string,
  connection: PushConnection,
  draft: MappingDraft | undefined,
): Promise<MappingEditor> {
  const saved = await selectMapping(tx, tenantId, connection.id);
  const targets = await selectTargetMetadata(tx, tenantId, connection.id);
  const fields = draft?.fields ?? saved.fields;
  const checked = validateMapping(fields, targets?.metadata, pushSources);
  const history = await listMappingVersions(tx, tenantId, connection.id, maxVersions);
  const toName = await loadNames(
    tx,
    history.map(({ savedBy }) => savedBy),
  );
  const roles = listRoles(connection);
  const rows = fields.map((row, index): MappingRow => ({
    ...row,
    index,
    field: findField(targets?.metadata, row),
    problems: checked.rows[index] ?? [],
    comesBack: row.role === 'lead' && isInvertible(row),
  }));
  return {
    connection,
    basedOn: draft?.basedOn ?? saved.version,
    objects: roles.map((role) => toMappedObject(role, rows, targets?.metadata, checked)),
    sources: pushSources,
    fetchedAt: targets?.fetchedAt ?? null,
    isChanged: draft !== undefined && !isDeepStrictEqual(draft.fields, saved.fields),
    isValid: checked.isValid,
    history: history.map(({ savedBy, ...version }) => ({
      ...version,
      by: toName(savedBy),
    })),
    preview:
      draft?.preview === true && targets !== undefined
        ? await previewMapping(tx, tenantId, connection.id, fields, targets.metadata)
        : undefined,
  };
}

/** The roles that the provider has objects for. */
function listRoles({ provider }: PushConnection): ObjectRole[] {
  const { objects = {} } = getProvider(provider).push ?? {};
  return objectRoles.filter((role) => objects[role] !== undefined);
}

const findField = (
  metadata: TargetMetadata | undefined,
  { role, target }: FieldMapping,
): TargetField | undefined => metadata && findTargetField(metadata, role, target);

function toMappedObject(
  role: ObjectRole,
  rows: readonly MappingRow[],
  metadata: TargetMetadata | undefined,
  { missing, expected }: Pick<Validation, 'missing' | 'expected'>,
): MappedObject {
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
