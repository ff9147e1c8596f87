import type { Row } from './answers.ts';
import { linkTypes, type About, type Item, type LinkType } from './item.ts';
import { fetchLinks, readInlineLinks, type Links } from './links.ts';
import { unlessRefused, type Lookups } from './lookups.ts';
import { readObjectsById } from './objects-by-id.ts';
import type { ObjectType } from './objects.ts';
import type { Access } from './request.ts';
import { toTexts } from './stages.ts';
import type { Wanted } from './wanted.ts';

/** What one pass over one type of objects works with. */
export interface Reading {
  access: Access;
  object: ObjectType;
  /** What the mapping reads beyond that. */
  wanted: Wanted;
  lookups: Lookups;
  /** Properties of objects that rows point to, by type and id, as they were read before. */
  related: Map<string, Record<string, string>>;
  /** Lists are refused when they are to show associations, so these are asked for apart. */
  hidesLinks: boolean;
}

/** How many related objects are remembered. */
const MAX_REMEMBERED = 10_000;

/** The types of objects that rows of this pass may be associated with. */
export async function listLinkTypes({ object, lookups }: Reading): Promise<LinkType[]> {
  const types = object.links ?? [];
  if (!types.includes('leads') || (await lookups.hasLeads())) return [...types];
  return types.filter((type) => type !== 'leads');
}

/**
 * Makes items of rows: adds the names of what they point to. `isListed` says that the rows show
 * their associations themselves. Equal rows make equal items, whichever request they come from.
 */
export async function composeItems(
  reading: Reading,
  rows: readonly Row[],
  { isListed }: { isListed: boolean },
): Promise<Item[]> {
  if (rows.length === 0) return [];
  const { lookups, object, wanted } = reading;
  const labelled = [...(object.labelled ?? []), ...wanted.labelled];
  const links = await readLinks(reading, rows, isListed);
  await readRelated(reading, links);
  const [owners, stages, labels] = await Promise.all([
    lookups.owners(),
    lookups.stages(),
    labelled.length === 0 ? undefined : lookups.labels(),
  ]);
  return rows.map((row) => {
    const properties = toTexts(row.properties ?? {});
    const owner = owners.get(properties['hubspot_owner_id'] ?? '');
    const stage = stages.get(properties[object.stage?.property ?? ''] ?? '');
    const own = links.get(row.id) ?? {};
    const about: About = {
      ...(owner !== undefined && { owner }),
      ...(stage && { stage: { name: stage.name, metadata: stage.metadata } }),
      ...(labels && { labels: selectLabels(labelled, labels, properties) }),
      ...(Object.keys(own).length > 0 && { links: own }),
      ...selectRelated(reading, own),
    };
    const { id, createdAt, updatedAt } = row;
    const times = { ...(createdAt && { createdAt }), ...(updatedAt && { updatedAt }) };
    return { id, ...times, properties, about };
  });
}

function selectLabels(
  labelled: readonly string[],
  labels: Map<string, Map<string, string>>,
  properties: Readonly<Record<string, string>>,
): Record<string, string> {
  const found = labelled.flatMap((name) => {
    const label = labels.get(name)?.get(properties[name] ?? '');
    return label === undefined ? [] : [[name, label] as const];
  });
  return Object.fromEntries(found);
}

async function readLinks(
  reading: Reading,
  rows: readonly Row[],
  isListed: boolean,
): Promise<Map<string, Links>> {
  const { access, object } = reading;
  const types = await listLinkTypes(reading);
  const links = new Map<string, Links>();
  const missing: string[] = [];
  for (const row of rows) {
    const inline = isListed && !reading.hidesLinks ? readInlineLinks(row, types) : undefined;
    if (inline === undefined) missing.push(row.id);
    else links.set(row.id, inline);
  }
  if (missing.length === 0) return links;
  for (const type of types) {
    const found = await fetchLinks(access, object.type, type, missing);
    for (const id of missing) {
      const ids = found.get(id) ?? [];
      if (ids.length > 0) links.set(id, { ...links.get(id), [type]: ids });
    }
  }
  return links;
}

const toKey = (type: LinkType, id: string): string => `${type}/${id}`;

/** Reads the first object of each type that a row points to, unless it is remembered. */
async function readRelated(reading: Reading, links: ReadonlyMap<string, Links>): Promise<void> {
  const { access, related, lookups } = reading;
  if (related.size > MAX_REMEMBERED) related.clear();
  for (const type of listRelated(reading)) {
    const ids = [...links.values()].flatMap((own) => own[type]?.[0] ?? []);
    const unknown = [...new Set(ids)].filter((id) => !related.has(toKey(type, id)));
    if (unknown.length === 0) continue;
    const properties = await lookups.related(type);
    const { rows } = await unlessRefused({ rows: [], response: undefined }, () =>
      readObjectsById(access, type, unknown, properties),
    );
    for (const row of rows) {
      const all = toTexts(row.properties ?? {});
      const wanted = properties.flatMap((name) => {
        const value = all[name];
        return value === undefined ? [] : [[name, value] as const];
      });
      related.set(toKey(type, row.id), Object.fromEntries(wanted));
    }
  }
}

/** The types of which something is read. */
const listRelated = ({ object, wanted }: Reading): LinkType[] =>
  linkTypes.filter((type) => object.related?.[type] ?? wanted.related[type]);

function selectRelated(reading: Reading, links: Links): Pick<About, 'related'> {
  const { related } = reading;
  const found = listRelated(reading).flatMap((type) => {
    const id = links[type]?.[0];
    const properties = id === undefined ? undefined : related.get(toKey(type, id));
    return properties === undefined ? [] : [[type, properties] as const];
  });
  return found.length === 0 ? {} : { related: Object.fromEntries(found) };
}
