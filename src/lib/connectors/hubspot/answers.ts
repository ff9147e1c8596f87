import { z } from 'zod';
import { parseBody } from '../kit/json.ts';

/*
 * Bodies of responses, with no more demands than the adapter has: fields that it does not read may
 * be absent or have any form. Ids and cursors are text that some endpoints write as numbers.
 */

const code = z
  .union([z.string(), z.number()])
  .transform(String)
  .refine((text) => text.trim() !== '');

const paging = z
  .looseObject({ next: z.looseObject({ after: code.nullish().catch(null) }).nullish() })
  .nullish();
const results = z.looseObject({ results: z.array(z.unknown()), paging });

/** A page of a list; `after` is absent on the last one. */
export interface ListAnswer {
  results: unknown[];
  after: string | undefined;
}

/** Throws RemoteError `malformed` when the body is no list. */
export function parseList(body: string): ListAnswer {
  const parsed = parseBody(results, body, 'HubSpot returned something that is not a list.');
  return { results: parsed.results, after: parsed.paging?.next?.after ?? undefined };
}

const found = results.extend({ total: z.number().optional().catch(undefined) });

/** A page of a search, and whether there are more than those on it. */
export function parseSearch(body: string): ListAnswer & { isMore: boolean } {
  const message = 'HubSpot returned something that is not the result of a search.';
  const { results: rows, paging: place, total = 0 } = parseBody(found, body, message);
  const after = place?.next?.after ?? undefined;
  return { results: rows, after, isMore: after !== undefined || total > rows.length };
}

const association = z.looseObject({ id: code, type: z.string().catch('') });
const associationList = z.looseObject({
  results: z.array(association),
  paging: z.unknown().optional(),
});

const row = z.looseObject({
  id: code,
  properties: z.record(z.string(), z.unknown()).nullish(),
  createdAt: z.string().optional().catch(undefined),
  updatedAt: z.string().optional().catch(undefined),
  archived: z.boolean().optional().catch(undefined),
  archivedAt: z.string().optional().catch(undefined),
  associations: z
    .record(z.string(), associationList.optional().catch(undefined))
    .nullish()
    .catch(null),
});
/** A row of a list of objects. All property values are text or null. */
export type Row = z.output<typeof row>;

/** Undefined for something without an id. */
export const parseRow = (value: unknown): Row | undefined => row.safeParse(value).data;

const linked = z.looseObject({
  from: z.looseObject({ id: code }),
  paging: z
    .looseObject({ next: z.looseObject({ after: code }).nullish().catch(null) })
    .nullish()
    .catch(null),
  to: z.array(
    z.looseObject({
      toObjectId: code,
      associationTypes: z
        .array(
          z.looseObject({
            typeId: z.coerce.number().optional().catch(undefined),
            label: z.string().nullish().catch(null),
          }),
        )
        .catch([]),
    }),
  ),
});
export type Linked = z.output<typeof linked>;

/** The associations of several objects; those without any are absent. */
export function parseLinks(body: string): Linked[] {
  const message = 'HubSpot returned something that is not a list of associations.';
  return parseBody(z.looseObject({ results: z.array(linked) }), body, message).results;
}

const owner = z.looseObject({
  id: code,
  email: z.string().nullish().catch(null),
  firstName: z.string().nullish().catch(null),
  lastName: z.string().nullish().catch(null),
});

/** Undefined for something without an id. */
export const parseOwner = (value: unknown): z.output<typeof owner> | undefined =>
  owner.safeParse(value).data;

const order = z.number().catch(0);
const stage = z.looseObject({
  id: code,
  label: z.string().catch(''),
  displayOrder: order,
  archived: z.boolean().optional().catch(undefined),
  metadata: z.record(z.string(), z.unknown()).nullish().catch(null),
});
const pipeline = z.looseObject({
  id: code,
  label: z.string().catch(''),
  displayOrder: order,
  archived: z.boolean().optional().catch(undefined),
  stages: z.array(stage),
});
export type Pipeline = z.output<typeof pipeline>;
export type PipelineStage = z.output<typeof stage>;

/** Throws RemoteError `malformed` when the body is no list of pipelines. */
export function parsePipelines(body: string): Pipeline[] {
  const message = 'HubSpot returned something that is not a list of pipelines.';
  return parseBody(z.looseObject({ results: z.array(pipeline) }), body, message).results;
}

const property = z.looseObject({
  name: z.string().min(1),
  label: z.string().nullish().catch(null),
  type: z.string().nullish().catch(null),
  hidden: z.boolean().nullish().catch(null),
  referencedObjectType: z.string().nullish().catch(null),
  hubspotDefined: z.boolean().nullish().catch(null),
  archived: z.boolean().nullish().catch(null),
  options: z
    .array(z.looseObject({ label: z.string(), value: z.string() }).optional().catch(undefined))
    .nullish()
    .catch(null),
});
export type Property = z.output<typeof property>;

/** Undefined for something without a name. */
export const parseProperty = (value: unknown): Property | undefined =>
  property.safeParse(value).data;

const schema = z.looseObject({
  /** `p<account>_<name>`: what requests may name the type by. */
  fullyQualifiedName: z.string().min(1).optional().catch(undefined),
  objectTypeId: z.string().min(1).optional().catch(undefined),
  labels: z
    .looseObject({ singular: z.string().nullish().catch(null) })
    .nullish()
    .catch(null),
  primaryDisplayProperty: z.string().nullish().catch(null),
  archived: z.boolean().nullish().catch(null),
  properties: z
    .array(z.unknown())
    .catch([])
    .transform((all) => all.flatMap((each) => parseProperty(each) ?? [])),
});

/** A type of objects that the account has defined; undefined for something else. */
export const parseSchema = (value: unknown): z.output<typeof schema> | undefined =>
  schema.safeParse(value).data;
