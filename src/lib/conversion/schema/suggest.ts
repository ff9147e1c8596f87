import type { StepData } from '../transformations/kit/steps.ts';
import type { ValueType } from '../transformations/kit/types.ts';
import type { Json } from '../transformations/kit/value.ts';
import { findConcept, squash } from './concepts.ts';
import { findContent, findReader } from './samples.ts';

/** A field that wants a source. */
export interface SuggestTarget {
  name: string;
  label: string;
  type: ValueType;
}

/** A field of the source, with values that it has held. */
export interface SuggestSource {
  path: string;
  label?: string;
  /** What it holds as its source says, for a field without samples. */
  type?: ValueType;
  samples: readonly Json[];
}

export interface Suggestion {
  target: string;
  path: string;
  /** From 0 to 1; 1 when name and values leave no doubt. */
  score: number;
  /** The steps that give the type of the target. */
  steps: readonly StepData[];
}

/** Suggestions below this score are wrong more often than right. */
const leastScore = 0.5;
const mostPerTarget = 3;

/** Parts of a score. */
const nameWeight = 0.75;
const valueWeight = 0.25;

/**
 * Sources that may fill each target, the best first, by what the fields are called, by the type
 * that is wanted and by what the samples hold. A source whose samples cannot become the type is not
 * suggested. Pure.
 */
export function suggestSources(
  targets: readonly SuggestTarget[],
  sources: readonly SuggestSource[],
): Suggestion[] {
  const known = sources.map((source) => ({
    ...source,
    content: findContent(source.samples) ?? source.type,
  }));
  return targets.flatMap((target) =>
    known
      .flatMap((source) => suggest(target, source))
      .toSorted((one, other) => other.score - one.score || compareText(one.path, other.path))
      .slice(0, mostPerTarget),
  );
}

type KnownSource = SuggestSource & { content: string | undefined };

function suggest(target: SuggestTarget, source: KnownSource): Suggestion[] {
  const steps = findReader(source.content, target.type);
  if (steps === undefined) return [];
  const score =
    nameWeight * compareNames(target, source) + valueWeight * compareValues(target, source);
  return score < leastScore ? [] : [{ target: target.name, path: source.path, score, steps }];
}

/** How much the names of two fields are alike, from 0 to 1. */
function compareNames(target: SuggestTarget, source: SuggestSource): number {
  const [ours, theirs] = [
    [target.name, target.label],
    [source.path.split('.').at(-1) ?? '', source.label ?? ''],
  ];
  return Math.max(...ours.flatMap((one) => theirs.map((other) => compareWords(one, other))));
}

/** Names of one concept are nearly as good as equal ones; of two concepts they only look alike. */
const sameConcept = 0.95;
const otherConcept = 0.3;

function compareWords(one: string, other: string): number {
  const [left, right] = [squash(one), squash(other)];
  if (left === '' || right === '') return 0;
  if (left === right) return 1;
  const concepts = [findConcept(one), findConcept(other)];
  if (concepts[0] !== undefined && concepts[0] === concepts[1]) return sameConcept;
  const isKnown = concepts.every((concept) => concept !== undefined);
  return compareLetters(left, right) * (isKnown ? otherConcept : 1);
}

/** The share of pairs of letters that two words have in common (Sørensen–Dice). */
function compareLetters(one: string, other: string): number {
  const [ours, theirs] = [listPairs(one), listPairs(other)];
  const common = [...ours].filter((pair) => theirs.has(pair)).length;
  return ours.size + theirs.size === 0 ? 0 : (2 * common) / (ours.size + theirs.size);
}

const listPairs = (word: string): Set<string> =>
  new Set(Array.from({ length: word.length - 1 }, (_, at) => word.slice(at, at + 2)));

/** Whether the values are what the target is about: 1 if so, 0 if they are something else. */
function compareValues({ name, label, type }: SuggestTarget, { content }: KnownSource): number {
  if (content === undefined) return 0.5;
  const concept = findConcept(name) ?? findConcept(label);
  const wanted = concept === 'mobile' ? 'phone' : concept;
  if (wanted !== undefined && recognized.has(wanted)) return content === wanted ? 1 : 0;
  return recognized.has(content) || (type === 'text' && content !== 'text') ? 0.5 : 1;
}

/** What can be told from a value as well as from a name. */
const recognized: ReadonlySet<string> = new Set(['email', 'phone', 'website']);

const compareText = (one: string, other: string): number =>
  Number(one > other) - Number(one < other);
