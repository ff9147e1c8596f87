import { z } from 'zod';
import type { CallContext, StreamDefinition } from './source.ts';

/** What the records of an object that an account has defined itself can be to us. */
export const objectEntities = ['lead', 'opportunity', 'company', 'contact'] as const;
export type ObjectEntity = (typeof objectEntities)[number];

const valueType = z.enum([
  'any',
  'text',
  'number',
  'boolean',
  'instant',
  'amount',
  'list',
  'object',
]);

/** A field of an object, as the source describes it. */
export const sourceField = z.object({
  /** As a mapping names it in an item. */
  path: z.string().min(1),
  /** What people call it there. */
  label: z.string(),
  /** What it holds, whatever the form in which it arrives. */
  type: valueType,
  /** It holds an id, or a number that stands for something, which tells a person nothing. */
  isCode: z.boolean().optional(),
});
export type SourceField = z.output<typeof sourceField>;

/** An object that an account has defined itself. It is stored as it was when it was added. */
export const discoveredObject = z.object({
  /** As requests name it. */
  name: z.string().min(1),
  /** What people call one of its records, such as "Franchise site". */
  label: z.string(),
  fields: z.array(sourceField),
  /** The path of the field by which people know a record; null when there is none. */
  nameField: z.string().nullable(),
  /** What the connector has to know of it besides. */
  details: z.record(z.string(), z.string()).optional(),
});
export type DiscoveredObject = z.output<typeof discoveredObject>;

/** Finds the objects that an account has defined itself and makes streams of them. */
export interface Discovery<Settings = unknown> {
  /**
   * The account's own objects that can be read; with `only`, just the one of that name, or none.
   * Throws RemoteError.
   */
  list(context: CallContext<Settings>, only?: string): Promise<DiscoveredObject[]>;
  /**
   * A stream of its records, whose name is `toStreamName` of the object. It lists everything, and
   * reads fields that the object has lost in the meantime as empty. Pure.
   */
  stream(object: DiscoveredObject, entity: ObjectEntity): StreamDefinition<Settings>;
}

/** The name of the stream of an object. No fixed stream has a colon in its name. */
export const toStreamName = ({ name }: Pick<DiscoveredObject, 'name'>): string => `object:${name}`;
