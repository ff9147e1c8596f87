/**
 * What bounds the work of a mapping, whoever wrote it and whatever arrives. Every step is linear in
 * the size of its value, so that these figures bound the time of a record as well.
 */
export const limits = {
  /** Fields of a mapping. */
  fields: 500,
  /** Sources of a field. */
  sources: 20,
  /** Steps of a field, those inside other steps included. */
  steps: 50,
  /** How deep steps may stand inside other steps. */
  nesting: 4,
  /** Characters (UTF-16 units) of a text. */
  text: 10_000_000,
  /** Elements of a list. */
  list: 10_000,
  /** Characters of all texts and names in a list or object, and one for each value in it. */
  size: 10_000_000,
  /** How deep lists and objects may be nested. */
  depth: 20,
  /** Characters of a text that an argument holds. */
  argument: 10_000,
  /** Lines of a table that an argument holds. */
  table: 1_000,
  /** Characters of a path, and its names and positions. */
  path: 500,
  pathParts: 20,
  /** Characters of a regular expression. */
  pattern: 500,
  /** Characters of a text times instructions of the regular expression that searches it. */
  patternWork: 50_000_000,
  /** Characters of what is read as one number, date, amount or code. */
  word: 200,
} as const;

/** A limit as people read it: 10,000. */
export const formatLimit = (limit: number): string => limit.toLocaleString('en-US');
