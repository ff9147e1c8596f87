import { sql, type SQL } from 'drizzle-orm';
import { boolean, integer, numeric, text, uuid } from 'drizzle-orm/pg-core';
import { instant, percent } from '../platform/db/columns.ts';
import { nullsLowest } from '../platform/db/keyset.ts';
import { sortedFields, type Field, type Fields } from '../records/fields.ts';

/* A builder for each kind of field, so that the columns of a table keep their exact types. */

const builders = {
  text: (name: string) => text(name),
  id: (name: string) => uuid(name),
  amount: (name: string) => numeric(name, { precision: 14, scale: 2 }),
  instant: (name: string) => instant(name),
  flag: (name: string) => boolean(name),
  integer: (name: string) => integer(name),
  percent: (name: string) => percent(name),
};

const requiredBuilders = {
  text: (name: string) => text(name).notNull(),
  id: (name: string) => uuid(name).notNull(),
  amount: (name: string) => numeric(name, { precision: 14, scale: 2 }).notNull(),
  instant: (name: string) => instant(name).notNull(),
  flag: (name: string) => boolean(name).notNull(),
  integer: (name: string) => integer(name).notNull(),
  percent: (name: string) => percent(name).notNull(),
};

type Values = readonly [string, ...string[]];
const enumBuilder = <const V extends Values>(name: string, values: V) =>
  text(name, { enum: values });
const requiredEnumBuilder = <const V extends Values>(name: string, values: V) =>
  text(name, { enum: values }).notNull();

type ColumnOf<F extends Field> = F extends { values: infer V extends Values }
  ? F['required'] extends true
    ? ReturnType<typeof requiredEnumBuilder<V>>
    : ReturnType<typeof enumBuilder<V>>
  : F['required'] extends true
    ? ReturnType<(typeof requiredBuilders)[F['kind']]>
    : ReturnType<(typeof builders)[F['kind']]>;

type OwnKeys<F extends Fields> = {
  [Key in keyof F]: F[Key] extends { shared: true } ? never : Key;
}[keyof F];

type FieldColumns<F extends Fields> = { [Key in OwnKeys<F>]: ColumnOf<F[Key]> };

/**
 * The columns of an entity's own fields; shared fields have theirs in `entityColumns` and
 * `sourceTimes`.
 */
export function fieldColumns<const F extends Fields>(fields: F): FieldColumns<F> {
  const own = Object.entries(fields).filter(([, { shared }]) => shared !== true);
  return Object.fromEntries(
    own.map(([key, field]) => [key, toColumn(columnName(key), field)]),
  ) as FieldColumns<F>;
}

function toColumn(name: string, { kind, required = false, values }: Field) {
  if (values !== undefined)
    return required ? requiredEnumBuilder(name, values) : enumBuilder(name, values);
  return (required ? requiredBuilders : builders)[kind](name);
}

/** The name of the column of a property: "deal_value" for `dealValue`. */
const columnName = (key: string): string =>
  key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** The sort expressions for the times among the fields, by sort name; unknown times sort lowest. */
export function timeSorts<F extends Fields>(fields: F): Record<TimeSorts<F>, SQL> {
  const times = Object.entries(sortedFields(fields)).flatMap(([name, sorted]) => {
    const { key, field } = sorted as { key: string; field: Field };
    return field.kind === 'instant' ? [[name, nullsLowest(sql.raw(columnName(key)))] as const] : [];
  });
  return Object.fromEntries(times) as Record<TimeSorts<F>, SQL>;
}

type TimeSorts<F extends Fields> = {
  [Key in keyof F]: F[Key] extends { kind: 'instant'; sort: infer Name extends string }
    ? Name
    : never;
}[keyof F];
