import type {
  FieldMapping,
  ObjectRole,
  TargetField,
  TargetMetadata,
} from '../connectors/contract/destination.ts';
import { compileRows } from '../mappings/compile-rows.ts';
import {
  findOutdatedRows,
  findRowOverrides,
  nameRow,
  updateOverrides,
} from '../mappings/row-overrides.ts';
import { splitRow, type RowParts } from '../mappings/row-parts.ts';
import type { Mapping } from '../mappings/store.ts';
import { findTargetField } from '../mappings/target-fields.ts';
import { findOneWayReason } from '../mappings/to-lead-values.ts';
import type { RowProblem, Validation } from '../mappings/validate.ts';
import type { MappingDraft, UnreadText } from './push-mapping-draft.ts';

/** One row of the editor. */
export interface MappingRow extends FieldMapping {
  /** Its position among all rows, used in the names of its inputs. */
  index: number;
  /** "lead.telephone1". */
  name: string;
  /**
   * The CRM's field; undefined when it has none of that name, or its fields have not been read yet.
   */
  field: TargetField | undefined;
  parts: RowParts;
  /** Texts of the row that could not be read. */
  unread: UnreadText[];
  problems: RowProblem[];
  /** Why changes in the CRM cannot come back to our field, as a sentence; null when they can. */
  oneWay: string | null;
  /** How it differs from the default. */
  standing: 'default' | 'changed' | 'added';
  /** Whether the default has changed since the row was changed here. */
  isOutdated: boolean;
  /** Whether it is to stay all the same. */
  isConfirmed: boolean;
}

/** A row of the default that is left out. */
export interface LeftOutRow {
  /** "lead.telephone1". */
  name: string;
  label: string;
}

/** What the rows are compared with. */
interface RowContext {
  saved: Mapping;
  draft: MappingDraft | undefined;
  metadata: TargetMetadata | undefined;
  checked: Validation;
}

/** The rows of the editor, in the order of the fields. */
export async function buildRows(
  fields: readonly FieldMapping[],
  { saved, draft, metadata, checked }: RowContext,
): Promise<MappingRow[]> {
  const differing = new Set(findRowOverrides(saved.defaults, fields).map(({ target }) => target));
  const base = new Set(saved.defaults.map(nameRow));
  // A row that is edited now is a new change, made upon the default of today.
  const changes = updateOverrides(saved.defaults, fields, saved.overrides ?? []);
  const outdated = findOutdatedRows(saved.defaults, changes);
  return (await compileRows(fields)).map((compiled, index): MappingRow => {
    const { row } = compiled;
    const name = nameRow(row);
    const field = findField(metadata, row);
    const unread = draft?.unread.filter((text) => text.row === name) ?? [];
    return {
      ...row,
      index,
      name,
      field,
      unread,
      parts: splitRow(row, field),
      problems: [
        ...unread.map(({ message }) => ({ level: 'error' as const, message })),
        ...(checked.rows[index] ?? []),
      ],
      oneWay: row.role === 'lead' ? findOneWayReason(compiled, field) : null,
      standing: differing.has(name) ? (base.has(name) ? 'changed' : 'added') : 'default',
      isOutdated: outdated.has(name),
      isConfirmed: draft?.confirmed.includes(name) === true,
    };
  });
}

/** The rows of the default that are missing here, as far as the CRM has their fields. */
export function listLeftOut(
  role: ObjectRole,
  rows: readonly MappingRow[],
  defaults: readonly FieldMapping[],
  metadata: TargetMetadata | undefined,
): LeftOutRow[] {
  const names = new Set(rows.map(({ name }) => name));
  return defaults
    .filter((row) => row.role === role && !names.has(nameRow(row)))
    .map((row) => ({ name: nameRow(row), label: findField(metadata, row)?.label ?? row.target }));
}

const findField = (
  metadata: TargetMetadata | undefined,
  { role, target }: FieldMapping,
): TargetField | undefined => metadata && findTargetField(metadata, role, target);
