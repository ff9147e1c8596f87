import { RemoteError } from '../../platform/http/errors.ts';
import { parseList, parseOwner, parsePipelines, parseProperty, type Property } from './answers.ts';
import type { ObjectType } from './objects.ts';
import { get, paths, type Access } from './request.ts';
import { nameStages, type NamedStage } from './stages.ts';
import type { LinkType } from './item.ts';
import type { Wanted } from './wanted.ts';

/** What an account has besides its rows, read at most once in a pass and only when it is needed. */
export interface Lookups {
  /** Names of properties that are read as well: those that are wanted, and the account's own. */
  more(): Promise<string[]>;
  /** Names of properties that are read of associated objects of a type. */
  related(type: LinkType): Promise<string[]>;
  /** Labels of choices, by property and value. */
  labels(): Promise<Labels>;
  /** Names of owners by id, deactivated ones included. */
  owners(): Promise<Map<string, string>>;
  /** Stages by id; none for objects without them. */
  stages(): Promise<Map<string, NamedStage>>;
  /** Whether the account has objects of the type lead, and lets us read them. */
  hasLeads(): Promise<boolean>;
}

type Labels = Map<string, Map<string, string>>;

export function createLookups(access: Access, object: ObjectType, wanted: Wanted): Lookups {
  const load = (type: string) => once(() => unlessRefused([], () => fetchProperties(access, type)));
  const properties = load(object.type);
  const ofOthers = new Map((object.links ?? []).map((type) => [type, load(type)]));
  const { stage } = object;
  return {
    more: once(async () => selectMore(object, wanted, await properties())),
    related: async (type) => {
      const { [type]: names = [] } = wanted.related;
      const there = names.length === 0 ? [] : ((await ofOthers.get(type)?.()) ?? []);
      return [...(object.related?.[type] ?? []), ...selectKnown(names, there)];
    },
    labels: once(async () => toLabels(await properties())),
    owners: once(() => unlessRefused(new Map(), () => fetchOwners(access))),
    stages: once(() =>
      stage === undefined
        ? Promise.resolve(new Map())
        : unlessRefused(new Map(), () => fetchStages(access, stage.of)),
    ),
    hasLeads: once(() =>
      unlessRefused(false, async () => {
        await get(access, `${paths.objects}/leads`, { limit: 1 });
        return true;
      }),
    ),
  };
}

/** The same promise for every call, except after a failure. */
function once<T>(load: () => Promise<T>): () => Promise<T> {
  let loaded: Promise<T> | undefined;
  return () => {
    loaded ??= load().catch((error: unknown) => {
      loaded = undefined;
      throw error;
    });
    return loaded;
  };
}

/** Names and labels are worth reading a record without, so a missing scope does no harm. */
export async function unlessRefused<T>(
  otherwise: T,
  load: () => Promise<T>,
  isExpected = isRefused,
): Promise<T> {
  try {
    return await load();
  } catch (error) {
    if (isExpected(error)) return otherwise;
    throw error;
  }
}

/** Whether HubSpot said that the application may not read this, or that there is no such thing. */
export const isRefused = (error: unknown): boolean =>
  error instanceof RemoteError && (error.kind === 'permission' || error.kind === 'gone');

/** As `isRefused`, or because HubSpot does not take the request as it is. */
export const isRefusedRequest = (error: unknown): boolean =>
  isRefused(error) || (error instanceof RemoteError && error.status === 400);

/** The properties of a type of objects, archived ones included. Throws RemoteError. */
export async function fetchProperties(access: Access, type: string): Promise<Property[]> {
  const { body } = await get(access, `${paths.properties}/${type}`);
  return parseList(body).results.flatMap((each) => parseProperty(each) ?? []);
}

/**
 * Characters that names beyond the usual ones may take up in an address. Services and proxies refuse
 * addresses of more than 8,000 to 16,000; this is room for about 300 names.
 */
const MAX_NAMES_LENGTH = 6_000;

/**
 * What is wanted and what the account has added itself, in this order. HubSpot leaves
 * `hubspotDefined` out where it would be false.
 */
function selectMore(
  object: ObjectType,
  { properties: wanted }: Wanted,
  properties: readonly Property[],
): string[] {
  const custom = properties
    .filter(({ hubspotDefined, archived }) => hubspotDefined !== true && archived !== true)
    .map(({ name }) => name)
    .filter((name) => !object.properties.includes(name) && !wanted.includes(name))
    .toSorted();
  const names = [...selectKnown(wanted, properties), ...custom];
  let length = 0;
  return names.filter((name) => (length += name.length + '%2C'.length) <= MAX_NAMES_LENGTH);
}

/**
 * The names of properties that there are. Lists are documented to leave out others, batches are not;
 * and the list of properties does not name sensitive ones, whose values take a scope of their own.
 */
function selectKnown(names: readonly string[], properties: readonly Property[]): string[] {
  const known = new Set(
    properties.flatMap(({ name, archived }) => (archived === true ? [] : [name])),
  );
  return names.filter((name) => known.has(name));
}

function toLabels(properties: readonly Property[]): Labels {
  return new Map(
    properties.map(({ name, options }) => [
      name,
      new Map(
        (options ?? []).flatMap((option) =>
          option === undefined ? [] : [[option.value, option.label] as const],
        ),
      ),
    ]),
  );
}

/** More pages than any account has owners. */
const MAX_OWNER_PAGES = 200;

/** Names of owners by id: those that are archived, those that are not, or both. */
export async function fetchOwners(
  access: Access,
  kinds: readonly ('true' | 'false')[] = ['true', 'false'],
): Promise<Map<string, string>> {
  const names = new Map<string, string>();
  for (const archived of kinds) {
    let after: string | undefined;
    for (let page = 0; page < MAX_OWNER_PAGES; page += 1) {
      const { body } = await get(access, paths.owners, { limit: 100, archived, after });
      const list = parseList(body);
      for (const each of list.results) addOwner(names, each);
      if (list.after === undefined || list.after === after) break;
      after = list.after;
    }
  }
  return names;
}

function addOwner(names: Map<string, string>, value: unknown): void {
  const owner = parseOwner(value);
  if (owner === undefined) return;
  const parts = [owner.firstName, owner.lastName].map((part) => part?.trim()).filter(Boolean);
  const name = parts.length > 0 ? parts.join(' ') : owner.email?.trim();
  if (name) names.set(owner.id, name);
}

async function fetchStages(access: Access, type: string): Promise<Map<string, NamedStage>> {
  const { body } = await get(access, `${paths.pipelines}/${type}`);
  return new Map(nameStages(parsePipelines(body)).map((stage) => [stage.id, stage]));
}
