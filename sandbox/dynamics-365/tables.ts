import { fixed, id, option, options, plain, text, type Column } from './columns.ts';
import { SOLUTION_COLUMNS } from './solution.ts';
import { account, annotation, contact, lead, opportunity, system, task } from './table-columns.ts';

export const TABLES = [
  'lead',
  'contact',
  'account',
  'opportunity',
  'task',
  'annotation',
  'systemuser',
  'transactioncurrency',
  'cr4_site',
] as const;
export type TableName = (typeof TABLES)[number];

export interface Table {
  name: TableName;
  /** As in addresses. */
  set: string;
  id: string;
  /** The column by which people call a row. */
  label: string;
  columns: readonly Column[];
  /** What people call one of its rows, of a table that the customer has defined. */
  title?: string;
  /** Alternate keys: names of the columns that make one. */
  keys: readonly string[];
}

/** The tables as every environment has them; `buildSchema` leaves out what one of them lacks. */
const tables: Record<TableName, Table> = {
  lead: {
    name: 'lead',
    set: 'leads',
    id: 'leadid',
    label: 'fullname',
    columns: [...lead, ...SOLUTION_COLUMNS],
    keys: ['hnt_leadid'],
  },
  contact: {
    name: 'contact',
    set: 'contacts',
    id: 'contactid',
    label: 'fullname',
    columns: contact,
    keys: [],
  },
  account: {
    name: 'account',
    set: 'accounts',
    id: 'accountid',
    label: 'name',
    columns: account,
    keys: [],
  },
  opportunity: {
    name: 'opportunity',
    set: 'opportunities',
    id: 'opportunityid',
    label: 'name',
    columns: opportunity,
    keys: ['hnt_leadid'],
  },
  task: { name: 'task', set: 'tasks', id: 'activityid', label: 'subject', columns: task, keys: [] },
  annotation: {
    name: 'annotation',
    set: 'annotations',
    id: 'annotationid',
    label: 'subject',
    columns: annotation,
    keys: [],
  },
  systemuser: {
    name: 'systemuser',
    set: 'systemusers',
    id: 'systemuserid',
    label: 'fullname',
    columns: [
      id('systemuserid'),
      text('fullname', 200),
      plain('isdisabled', 'boolean'),
      ...system.slice(0, 3),
    ],
    keys: [],
  },
  transactioncurrency: {
    name: 'transactioncurrency',
    set: 'transactioncurrencies',
    id: 'transactioncurrencyid',
    label: 'currencyname',
    columns: [
      id('transactioncurrencyid'),
      text('currencyname'),
      text('isocurrencycode', 5),
      text('currencysymbol', 10),
      plain('exchangerate', 'decimal'),
      ...system.slice(0, 3),
    ],
    keys: [],
  },
  cr4_site: {
    name: 'cr4_site',
    set: 'cr4_sites',
    id: 'cr4_siteid',
    label: 'cr4_name',
    title: 'Franchise site',
    columns: [
      id('cr4_siteid'),
      { ...text('cr4_name'), label: 'Name' },
      { ...text('cr4_town'), label: 'City' },
      { ...text('cr4_contactemail'), label: 'E-mail' },
      { ...plain('cr4_dealsize', 'money'), label: 'Deal size' },
      { ...fixed('cr4_dealsize_base', 'money'), label: 'Deal size (base)' },
      { ...option('cr4_step', options({ Scouted: 1, Signed: 2 })), label: 'Stage' },
      ...system,
    ],
    keys: [],
  },
};

/** Tables that only environments have whose customers have defined them. */
export const CUSTOM_TABLES: readonly TableName[] = ['cr4_site'];

export type Schema = Readonly<Record<TableName, Table>>;

/**
 * The tables of an environment whose customer has left out some columns, and perhaps the alternate
 * keys.
 */
export function buildSchema({
  without = [],
  hidden = [],
  requires = {},
  custom = {},
  alternateKeys = true,
}: {
  custom?: Readonly<Partial<Record<TableName, readonly Column[]>>>;
  without?: readonly string[];
  hidden?: readonly string[];
  requires?: Readonly<Record<string, Column['required']>>;
  alternateKeys?: boolean;
}): Schema {
  const shaped = (table: Table): Table => {
    const columns = [...table.columns, ...(custom[table.name] ?? [])]
      .filter(({ name }) => !without.includes(name))
      .map((column) => ({
        ...column,
        required: requires[column.name] ?? column.required,
        ...(hidden.includes(column.name) && { hidden: true }),
      }));
    return {
      ...table,
      columns,
      keys: alternateKeys
        ? table.keys.filter((key) => columns.some(({ name }) => name === key))
        : [],
    };
  };
  return Object.fromEntries(
    Object.values(tables).map((table) => [table.name, shaped(table)]),
  ) as Schema;
}
