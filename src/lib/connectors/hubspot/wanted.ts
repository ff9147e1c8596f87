import { listNames } from '../kit/paths.ts';
import { linkTypes, type LinkType } from './item.ts';
import type { ObjectType } from './objects.ts';

/**
 * What a mapping names of a type of objects beyond what is read of it anyway. A person chose the
 * names, so that none of them need exist.
 */
export interface Wanted {
  properties: readonly string[];
  /** Properties whose values are choices, and whose labels are wanted. */
  labelled: readonly string[];
  /** Properties of the first associated object of a type. */
  related: Readonly<Partial<Record<LinkType, readonly string[]>>>;
}

/** What the paths of a mapping name: in the order of names, so that equal ones are equal. Pure. */
export function findWanted(object: ObjectType, paths: readonly string[]): Wanted {
  const { links = [], labelled = [], related = {} } = object;
  const all = paths.map(listNames);
  const namesAt = (place: readonly string[], known: readonly string[]): string[] => {
    const names = all.flatMap((parts) => {
      const name = parts[place.length];
      const isThere = name !== undefined && place.every((part, at) => part === parts[at]);
      return isThere && !known.includes(name) ? [name] : [];
    });
    return [...new Set(names)].toSorted();
  };
  const labels = namesAt(['about', 'labels'], labelled);
  const own = namesAt(['properties'], object.properties);
  const more = labels.filter((name) => !object.properties.includes(name) && !own.includes(name));
  const ofOthers = linkTypes
    .filter((type) => links.includes(type))
    .map((type) => [type, namesAt(['about', 'related', type], related[type] ?? [])] as const);
  return {
    properties: [...own, ...more],
    labelled: labels,
    related: Object.fromEntries(ofOthers.filter(([, names]) => names.length > 0)),
  };
}
