import { ControlError } from '../kit/provider.ts';
import { getType, TYPES, type TypeName } from './types.ts';

export type Properties = Record<string, string | null>;

export interface Row {
  id: string;
  type: TypeName;
  properties: Properties;
  createdAt: number;
  updatedAt: number;
  /** When the index of searches got to know each time of change. */
  changes: { at: number; updatedAt: number }[];
  archivedAt: number | null;
}

export interface Ref {
  type: TypeName;
  id: string;
}
interface Link extends Ref {
  isPrimary: boolean;
}

/** Ids come from the time at which a row was made, so that they come out alike after a restart. */
const IDS_FROM = Date.UTC(2020, 0, 1);

/** In the order of their numbers. */
export const compareIds = (one: string, other: string): number =>
  one.length - other.length || (one < other ? -1 : Number(one > other));

/** The rows of one account and how they are associated. */
export class Store {
  readonly #rows = Object.fromEntries(
    TYPES.map((type) => [type, new Map<string, Row>()]),
  ) as Record<TypeName, Map<string, Row>>;
  readonly #links = new Map<string, Link[]>();
  /** Rows that were merged into another. */
  readonly #merged = new Map<string, string>();

  find(type: TypeName, id: string): Row | undefined {
    return this.#rows[type].get(id);
  }

  /** Live rows in the order of their ids. */
  live(type: TypeName): Row[] {
    return this.#sorted(type).filter(({ archivedAt }) => archivedAt === null);
  }

  archived(type: TypeName): Row[] {
    return this.#sorted(type).filter(({ archivedAt }) => archivedAt !== null);
  }

  insert(type: TypeName, properties: Properties, at: number, id = this.#nextId(type, at)): Row {
    const row: Row = {
      id,
      type,
      properties: {},
      createdAt: at,
      updatedAt: at,
      changes: [],
      archivedAt: null,
    };
    this.#rows[type].set(id, row);
    const { createdAt } = getType(type);
    return this.update(type, id, { ...properties, [createdAt]: toTime(at), hs_object_id: id }, at);
  }

  /** `indexedAt`: when searches get to know of it, if not at once. */
  update(type: TypeName, id: string, properties: Properties, at: number, indexedAt = at): Row {
    const row = this.#require(type, id);
    Object.assign(row.properties, properties, { [getType(type).changedAt]: toTime(at) });
    row.updatedAt = at;
    row.changes = [...row.changes.slice(-3), { at: indexedAt, updatedAt: at }];
    return row;
  }

  /** Without another time of change: what a test writes to harm a reader. */
  overwrite(type: TypeName, id: string, properties: Properties): void {
    Object.assign(this.#require(type, id).properties, properties);
  }

  archive(type: TypeName, id: string, at: number): void {
    this.#require(type, id).archivedAt = at;
  }

  restore(type: TypeName, id: string, at: number): void {
    this.#require(type, id).archivedAt = null;
    this.update(type, id, {}, at);
  }

  /** The row is gone without being archived, and the other one names it. */
  merge(type: TypeName, id: string, into: string, at: number): void {
    this.#require(type, id);
    const winner = this.#require(type, into);
    const before = winner.properties['hs_merged_object_ids'];
    for (const { isPrimary, ...other } of this.links({ type, id }))
      this.associate({ type, id: into }, other, isPrimary);
    this.remove(type, id);
    this.#merged.set(`${type}/${id}`, into);
    this.update(type, into, { hs_merged_object_ids: before ? `${before};${id}` : id }, at);
  }

  /** For good, as when a person is forgotten. */
  remove(type: TypeName, id: string): void {
    this.#rows[type].delete(id);
  }

  associate(from: Ref, to: Ref, isPrimary = false): void {
    this.#link(from, { ...to, isPrimary });
    this.#link(to, { ...from, isPrimary: false });
  }

  dissociate(from: Ref, to: Ref): void {
    for (const [one, other] of [
      [from, to],
      [to, from],
    ] as const)
      this.#links.set(
        toKey(one),
        this.links(one).filter(({ type, id }) => type !== other.type || id !== other.id),
      );
  }

  /** What a row is associated with; archived rows are not. */
  links(from: Ref): Link[] {
    return (this.#links.get(toKey(from)) ?? []).filter(
      ({ type, id }) => this.find(type, id)?.archivedAt === null,
    );
  }

  #link(from: Ref, to: Link): void {
    const others = (this.#links.get(toKey(from)) ?? [])
      .filter(({ type, id }) => type !== to.type || id !== to.id)
      .map((link) =>
        to.isPrimary && link.type === to.type ? { ...link, isPrimary: false } : link,
      );
    this.#links.set(toKey(from), [...others, to]);
  }

  #sorted(type: TypeName): Row[] {
    return [...this.#rows[type].values()].toSorted((a, b) => compareIds(a.id, b.id));
  }

  #nextId(type: TypeName, at: number): string {
    let id = Math.max(0, Math.floor(at - IDS_FROM)) * 10;
    while (this.#rows[type].has(String(id))) id += 1;
    return String(id);
  }

  #require(type: TypeName, id: string): Row {
    const row = this.find(type, id);
    if (row === undefined) throw new ControlError(`no ${type} ${id}`, 404);
    return row;
  }
}

const toKey = ({ type, id }: Ref): string => `${type}/${id}`;

/** As property values keep times. */
export const toTime = (at: number): string => new Date(at).toISOString();
