import { z } from 'zod';
import { shownFields, type Field, type Fields, type Shown } from '../records/fields.ts';
import { instant } from './codec.ts';

const schemas: Record<Field['kind'], z.ZodType> = {
  text: z.string(),
  id: z.uuid(),
  amount: z.number(),
  instant,
  flag: z.boolean(),
  integer: z.int(),
  percent: z.number(),
};

type ShownSchema<Row> = z.ZodObject<{ [Key in keyof Row]: z.ZodType<Row[Key]> }>;

/** The schema of the fields that a list or a detail view shows. */
export function shownSchema<const F extends Fields, Where extends 'list' | 'detail'>(
  fields: F,
  where: Where,
): ShownSchema<Shown<F, Where>> {
  const shape = shownFields(fields, where).map(({ name, field }) => [name, toSchema(field)]);
  return z.object(Object.fromEntries(shape)) as unknown as ShownSchema<Shown<F, Where>>;
}

function toSchema({ kind, values, required, about }: Field): z.ZodType {
  const known = values === undefined ? schemas[kind] : z.enum(values);
  const schema = required === true ? known : known.nullable();
  return about === undefined ? schema : schema.describe(about);
}
