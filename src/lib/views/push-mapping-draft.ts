import type { FieldMapping } from '../connectors/contract/destination.ts';
import { nameRow } from '../mappings/row-overrides.ts';

/** A text of a row that could not be read as JSON, as it was entered. */
export interface UnreadText {
  /** The name of the row, such as "lead.telephone1". */
  row: string;
  part: 'steps' | 'fallback';
  text: string;
  /** What is wrong with it, as a sentence. */
  message: string;
}

/** Edited rows that have not been saved. */
export interface MappingDraft {
  fields: FieldMapping[];
  basedOn: number;
  note: string;
  /** Names of changed rows that stay although the default has changed since. */
  confirmed: string[];
  unread: UnreadText[];
  preview: boolean;
  /** Whether to look for fields of ours that may fill those that no row fills. */
  suggest: boolean;
  /** The name of a row that takes on the provider's default. */
  reset: string | undefined;
}

/**
 * The draft with its row put back: as the default has it, whether it was changed or removed; a row
 * that the default does not have is left out. Pure.
 */
export function resetRow(
  { fields, unread, reset, ...draft }: MappingDraft,
  defaults: readonly FieldMapping[],
): MappingDraft {
  if (reset === undefined) return { ...draft, fields, unread, reset };
  const base = defaults.filter((row) => nameRow(row) === reset);
  const at = fields.findIndex((row) => nameRow(row) === reset);
  return {
    ...draft,
    fields: at === -1 ? [...fields, ...base] : fields.toSpliced(at, 1, ...base),
    unread: unread.filter(({ row }) => row !== reset),
    reset,
  };
}
