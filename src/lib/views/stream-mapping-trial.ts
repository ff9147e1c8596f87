import { RecordRejected } from '../connectors/contract/source.ts';
import type { SourceField } from '../connectors/contract/discovery.ts';
import { listTargets, mapStream, type MappedStream } from '../connectors/mapped-stream.ts';
import type { MappingSchema } from '../conversion/schema/shape.ts';
import { isBlank } from '../conversion/transformations/kit/text.ts';
import type { Json } from '../conversion/transformations/kit/value.ts';
import { readStoredItems, type StoredItem } from '../ingest/mapping-samples.ts';
import type { ReplaySource } from '../ingest/replay/types.ts';
import {
  describePaths,
  listSourcePaths,
  type SourcePath,
} from '../mappings/inbound/source-paths.ts';
import type { StreamMapping } from '../mappings/inbound/versions.ts';

/** What one stored record gives for a field: by the mapping in force, and by the one on the page. */
export interface FieldResult {
  before: Json;
  after: Json;
  /** Why the field cannot be filled, as a sentence; null when it can. */
  problem: string | null;
}

/** A stored record on which the mapping is shown. */
export interface MappingSample {
  id: string;
  /** How many fields it leaves empty or cannot fill. */
  gaps: number;
  /** Why no mapping can make a record of it; null when one can. */
  rejected: string | null;
}

const maxSamples = 5;

/** What stored records give by a mapping. */
export interface Trial {
  samples: MappingSample[];
  /** By field. */
  results: Map<string, FieldResult[]>;
  paths: SourcePath[];
  looked: number;
}

/** Fills the fields of stored records by two mappings, without a request. */
export async function tryMapping(
  source: ReplaySource,
  { definition, schema: inForce }: StreamMapping,
  schema: MappingSchema,
  fields: readonly SourceField[],
): Promise<Trial> {
  const before = await mapStream(definition, inForce);
  const after = await mapStream(definition, schema);
  const items = await readStoredItems(source, after);
  const judged = items.map((stored) => ({ stored, tried: fill(after, stored) }));
  const chosen = chooseSamples(judged);
  const names = listTargets(definition.entity).map(({ name }) => name);
  const earlier = chosen.map(({ stored }) => fill(before, stored));
  return {
    samples: chosen.map(({ stored, tried }) => ({
      id: stored.id ?? 'without an id',
      gaps: tried.gaps,
      rejected: tried.rejected,
    })),
    results: new Map(
      names.map((name) => [
        name,
        chosen.map(({ tried }, at) => ({
          before: earlier[at]?.values[name] ?? null,
          after: tried.values[name] ?? null,
          problem: tried.problems.find(({ target }) => target === name)?.reason ?? null,
        })),
      ]),
    ),
    paths: describePaths(listSourcePaths(items.map(({ item }) => item)), fields),
    looked: items.length,
  };
}

interface Tried extends ReturnType<MappedStream['fill']> {
  gaps: number;
  rejected: string | null;
}

function fill(stream: MappedStream, { item, context }: StoredItem): Tried {
  try {
    const { values, problems } = stream.fill(item, context);
    const empty = Object.values(values).filter(isBlank).length;
    return { values, problems, gaps: empty + problems.length, rejected: null };
  } catch (error) {
    if (!(error instanceof RecordRejected)) throw error;
    return { values: {}, problems: [], gaps: 0, rejected: error.message };
  }
}

/**
 * The newest records and, among the last places, those that fill the fewest fields: what goes wrong
 * with a mapping shows on them first.
 */
function chooseSamples<Judged extends { tried: Tried }>(judged: readonly Judged[]): Judged[] {
  const isWorse = (one: Judged, other: Judged) =>
    Number(other.tried.rejected !== null) - Number(one.tried.rejected !== null) ||
    other.tried.problems.length - one.tried.problems.length ||
    other.tried.gaps - one.tried.gaps;
  const worst = judged.toSorted(isWorse).slice(0, 2);
  const newest = judged.filter((one) => !worst.includes(one)).slice(0, maxSamples - worst.length);
  return [...newest, ...worst];
}
