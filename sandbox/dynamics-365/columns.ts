export type ColumnType =
  | 'id'
  | 'text'
  | 'memo'
  | 'int'
  | 'decimal'
  | 'money'
  | 'datetime'
  | 'date'
  | 'boolean'
  | 'option'
  | 'state'
  | 'status'
  | 'lookup'
  | 'version';

export interface Option {
  value: number;
  label: string;
  /** For statuses: the state that they belong to. */
  state?: number;
}

export interface Column {
  name: string;
  /** What people call it. Default: the name. */
  label?: string;
  type: ColumnType;
  /** Characters of texts. */
  max?: number;
  /** The least and the largest number; as far as the type reaches without it. */
  range?: readonly [number, number];
  options?: readonly Option[];
  /**
   * For lookups: the tables that they may point to, each with the name by which payloads bind it.
   */
  targets?: Readonly<Record<string, string>>;
  create: boolean;
  update: boolean;
  /** Rows do not show it, although metadata lists it. */
  hidden?: boolean;
  required: 'None' | 'Recommended' | 'ApplicationRequired' | 'SystemRequired';
}

type Given = Partial<Pick<Column, 'create' | 'update' | 'required'>>;

const column = (name: string, type: ColumnType, given: Partial<Column> = {}): Column => ({
  name,
  type,
  create: true,
  update: true,
  required: 'None',
  ...given,
});

export const text = (name: string, max = 100, given: Given = {}): Column =>
  column(name, 'text', { max, ...given });
export const memo = (name: string, max = 2_000): Column => column(name, 'memo', { max });
export const plain = (
  name: string,
  type: Exclude<ColumnType, 'text' | 'memo' | 'option' | 'state' | 'status' | 'lookup'>,
): Column => column(name, type);
export const count = (name: string, range: readonly [number, number]): Column =>
  column(name, 'int', { range });
export const option = (name: string, options: readonly Option[]): Column =>
  column(name, 'option', { options });
/** Set by the system alone. */
export const fixed = (name: string, type: ColumnType): Column =>
  column(name, type, { create: false, update: false });
export const id = (name: string): Column =>
  column(name, 'id', { update: false, required: 'SystemRequired' });

/** A lookup of one table is bound by its own name, one of several by its name and the table's. */
export function lookup(name: string, ...targets: string[]): Column {
  return column(name, 'lookup', {
    targets: Object.fromEntries(
      targets.map((target) => [target, targets.length === 1 ? name : `${name}_${target}`]),
    ),
  });
}

/** What an activity or a note is about is bound by names of its own. */
export function regarding(name: string, suffix: string, ...targets: string[]): Column {
  return column(name, 'lookup', {
    targets: Object.fromEntries(targets.map((target) => [target, `${name}_${target}${suffix}`])),
  });
}

/** State and status: the first cannot be chosen when a row is made. */
export function stateAndStatus(states: readonly Option[], statuses: readonly Option[]): Column[] {
  return [
    column('statecode', 'state', { options: states, create: false, required: 'SystemRequired' }),
    column('statuscode', 'status', { options: statuses }),
  ];
}

/** `a: 1, b: 2` as options. */
export function options(labels: Record<string, number>): Option[] {
  return Object.entries(labels).map(([label, value]) => ({ value, label }));
}

/** The name under which rows show a column: lookups are shown by their id. */
export const wireName = ({ name, type }: Column): string =>
  type === 'lookup' ? `_${name}_value` : name;
