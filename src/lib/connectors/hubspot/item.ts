import { z } from 'zod';
import { RecordRejected } from '../contract/source.ts';
import { parseBody } from '../kit/json.ts';

/** Types of objects that others point to. */
export const linkTypes = ['leads', 'contacts', 'companies', 'deals'] as const;
export type LinkType = (typeof linkTypes)[number];

const texts = z.record(z.string(), z.string());
const about = z.looseObject({
  /** The name of the owner. */
  owner: z.string().optional(),
  /** What an account calls the values of its choices, by property. */
  labels: texts.optional(),
  stage: z.looseObject({ name: z.string(), metadata: texts }).optional(),
  /** Ids of objects that it is associated with, the primary one first. */
  links: z.partialRecord(z.enum(linkTypes), z.array(z.string())).optional(),
  /** Properties of the first of them. */
  related: z.partialRecord(z.enum(linkTypes), texts).optional(),
});

/**
 * An item of a stream: a row, with what it takes to understand it. HubSpot names owners, stages and
 * other objects by their ids only, so these are read along and stored with the row.
 */
const itemSchema = z.looseObject({
  id: z.string().min(1),
  properties: texts,
  createdAt: z.string().optional(),
  updatedAt: z.string().optional(),
  about: about.prefault({}),
});
export type Item = z.output<typeof itemSchema>;
export type About = z.output<typeof about>;

const body = z.looseObject({ results: z.array(z.unknown()) });

/** The items of a stored body. Throws RemoteError `malformed` when it is no page of ours. */
export const parseItems = (text: string): unknown[] =>
  parseBody(body, text, 'HubSpot returned something that is not a list of records.').results;

/** Throws RecordRejected. */
export function readItem(value: unknown): Item {
  const parsed = itemSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const field = parsed.error.issues[0]?.path.join('.') ?? 'id';
  throw field.startsWith('id')
    ? new RecordRejected('The record arrived without an id.', 'id')
    : new RecordRejected('The record has a form that we do not know.', field);
}

/** Undefined when the item has no id. */
export const readId = (value: unknown): string | undefined =>
  z.looseObject({ id: z.string().trim().min(1) }).safeParse(value).data?.id;
