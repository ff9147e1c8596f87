import { z } from 'zod';

/*
 * One list of fields describes an entity. From it derive the record that a connector makes, the
 * columns of the table, the rows of lists with their API and export, the digest that tells whether
 * there is something to push, and the fields that a mapping can name. A field that is added to the
 * list is everywhere at once.
 */

/** How a value is stored and shown; an amount is an exact decimal, shown as a number. */
export type FieldKind = 'text' | 'id' | 'amount' | 'instant' | 'flag' | 'integer' | 'percent';

export interface Field {
  kind: FieldKind;
  /** What it is called on screens, in exports and in mappings. */
  label: string;
  /** Never null. */
  required?: boolean;
  /** All that it can be. */
  values?: readonly [string, ...string[]];
  /** What a connector may give; absent for what is found out here, such as a score. */
  record?: z.ZodType;
  /** Its column stands in a group of columns that all entities share. */
  shared?: true;
  /** Its name in lists, in the API and in exports, where that is not the property's. */
  as?: string;
  /** Whether lists show it, or only the page of one row. */
  shownIn?: 'list' | 'detail';
  /** What the API says of it, where the name does not. */
  about?: string;
  /** Of an amount: each row names its currency, which is not always the tenant's. */
  ownCurrency?: true;
  /** As a column of an export: its width in characters, and its heading if not the label. */
  export?: { width: number; heading?: string };
  /** The name of the order of a list by it. */
  sort?: string;
  /**
   * As a column of the table on the page: always, or only while no other columns take the room.
   * Columns that need more than their value (a link, a badge) are drawn by the table itself.
   */
  table?: 'always' | 'roomy';
  /** Among the facts on the page of one row, by its label and value. */
  fact?: true;
  /** Another system or a person may change it after the source. */
  overridable?: true;
  /** Ties the record to others, so that the connector alone fills it and no mapping can. */
  fixed?: true;
  /** A mapping can name it as it is: by its property, or by the name that is given. */
  mappable?: true | string;
}

export type Fields = Readonly<Record<string, Field>>;

/** A nullable value is one of a field that is not required. */
type Known<F extends Field, T> = F['required'] extends true ? T : T | null;

type Scalar<F extends Field> = F extends { values: readonly (infer Value)[] }
  ? Value
  : {
      text: string;
      id: string;
      amount: number;
      instant: Date;
      flag: boolean;
      integer: number;
      percent: number;
    }[F['kind']];

/** The value of a field as lists, the API and exports show it. */
type ShownValue<F extends Field> = Known<F, Scalar<F>>;

type ShownName<F extends Fields, Key extends keyof F> = F[Key] extends { as: infer Name }
  ? Name & string
  : Key & string;

/** The fields that lists, or the page of one row, show, under the names they have there. */
export type Shown<F extends Fields, Where extends 'list' | 'detail'> = {
  [Key in keyof F as F[Key] extends { shownIn: Where } ? ShownName<F, Key> : never]: ShownValue<
    F[Key]
  >;
};

/** The keys of the fields for which an option is given, such as the overridable ones. */
export type KeysWith<F extends Fields, Option extends keyof Field> = {
  [Key in keyof F]: F[Key] extends Record<Option, {}> ? Key : never;
}[keyof F] &
  string;

type RecordShape<F extends Fields> = {
  -readonly [Key in KeysWith<F, 'record'>]: F[Key] extends {
    record: infer Schema extends z.ZodType;
  }
    ? Schema
    : never;
};

/** The names of the orders that a list of an entity can have. */
export type SortNames<F extends Fields> = {
  [Key in keyof F]: F[Key] extends { sort: infer Name extends string } ? Name : never;
}[keyof F];

/** Keeps the types of a list of fields exact. */
export const defineFields = <const F extends Fields>(fields: F): F => fields;

/**
 * The schema that every record must pass: the fields that all entities share, then the others in
 * the order of the list. The digest of a row is made of the record in this order.
 */
export function recordSchema<F extends Fields>(fields: F): z.ZodObject<RecordShape<F>> {
  const inOrder = Object.entries(fields).toSorted(
    ([, one], [, other]) => Number(other.shared ?? false) - Number(one.shared ?? false),
  );
  const shape = inOrder.flatMap(([key, { record }]) =>
    record === undefined ? [] : [[key, record] as const],
  );
  return z.object(Object.fromEntries(shape)) as unknown as z.ZodObject<RecordShape<F>>;
}

/** The keys of the fields that have an option, in the order of the list. */
export function keysWith<F extends Fields, Option extends keyof Field>(
  fields: F,
  option: Option,
): KeysWith<F, Option>[] {
  return Object.keys(fields).filter((key) => fields[key]?.[option] !== undefined) as KeysWith<
    F,
    Option
  >[];
}

/** The keys of the fields that lack an option, in the order of the list. */
export function keysWithout<F extends Fields, Option extends keyof Field>(
  fields: F,
  option: Option,
): Exclude<keyof F & string, KeysWith<F, Option>>[] {
  return Object.keys(fields).filter((key) => fields[key]?.[option] === undefined) as Exclude<
    keyof F & string,
    KeysWith<F, Option>
  >[];
}

/** A field that is shown, under its name there. */
export interface ShownField {
  /** The property of the stored row. */
  key: string;
  /** The property of the row that is shown. */
  name: string;
  field: Field;
}

/** The fields that are shown in a place, in the order of the list. */
export function shownFields(fields: Fields, where: 'list' | 'detail'): ShownField[] {
  return Object.entries(fields).flatMap(([key, field]) =>
    field.shownIn === where ? [{ key, name: field.as ?? key, field }] : [],
  );
}

/** The fields by which a list can be ordered, by the name of the order. */
export function sortedFields<F extends Fields>(
  fields: F,
): Record<SortNames<F>, { key: string; field: Field }> {
  const sorted = Object.entries(fields).flatMap(([key, field]) =>
    field.sort === undefined ? [] : [[field.sort, { key, field }] as const],
  );
  return Object.fromEntries(sorted) as Record<SortNames<F>, { key: string; field: Field }>;
}
