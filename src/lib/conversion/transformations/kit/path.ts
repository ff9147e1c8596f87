import { z } from 'zod';
import { tooMany } from './bounds.ts';
import { limits } from './limits.ts';
import { Rejection } from './value.ts';

/*
 * Paths into JSON, such as customer.team[0].email, items[*].sku or ["name with.dots"]. A name
 * reaches only what the object itself holds, a position only an element of a list.
 */

/** A name, a position, or all elements of a list. */
type Part = string | number | typeof each;
const each = Symbol('each element');

/**
 * Names that every object answers to. Whoever means a field of that name, which only an object's own
 * counts as, has to write it in quotes.
 */
const inherited = new Set(['__proto__', 'constructor', 'prototype']);

const plainName = /[^.[\]"*\s][^.[\]"]*/y;
const position = /\[(\d{1,6})\]/y;
const everyElement = /\[\*\]/y;
const quotedName = /\["((?:[^"\\]|\\["\\])*)"\]/y;

/** The parts of a path; a sentence about what is wrong with it when it is none. */
function parsePath(path: string): Part[] | string {
  const parts: Part[] = [];
  let at = 0;
  while (at < path.length) {
    const found = readPart(path, at, parts.length === 0);
    if (found === undefined)
      return (
        `The path cannot be read from its character ${at + 1} on. Write names with points ` +
        'between them, positions as [0], all elements as [*] and other names as ["…"].'
      );
    if (found.isPlain && inherited.has(String(found.part)))
      return `Every object answers to ${String(found.part)}. Write a field of that name as ["${String(found.part)}"].`;
    parts.push(found.part);
    at = found.end;
  }
  if (parts.length > limits.pathParts)
    return `The path has more than ${limits.pathParts} parts. Shorten it.`;
  return parts.length === 0 ? 'The path is empty.' : parts;
}

function readPart(
  path: string,
  at: number,
  isFirst: boolean,
): { part: Part; end: number; isPlain?: true } | undefined {
  const quoted = matchAt(quotedName, path, at);
  if (quoted !== undefined) return { ...quoted, part: quoted.word.replaceAll(/\\(.)/g, '$1') };
  const element = matchAt(position, path, at);
  if (element !== undefined) return { ...element, part: Number(element.word) };
  const all = matchAt(everyElement, path, at);
  if (all !== undefined) return { ...all, part: each };
  if (!isFirst && path[at] !== '.') return undefined;
  const name = matchAt(plainName, path, isFirst ? at : at + 1);
  return name === undefined ? undefined : { ...name, part: name.word, isPlain: true };
}

function matchAt(
  pattern: RegExp,
  text: string,
  at: number,
): { word: string; end: number } | undefined {
  pattern.lastIndex = at;
  const match = pattern.exec(text);
  return match === null ? undefined : { word: match[1] ?? match[0], end: pattern.lastIndex };
}

/**
 * What a source begins with that is no part of the item, but known of it otherwise. A field of the
 * item whose name begins so is written as ["@name"].
 */
export const factMark = '@';

/** A path as an argument and as a source. */
export const pathText = z
  .string()
  .max(limits.path)
  .superRefine((path, context) => {
    const parts = parsePath(path.startsWith(factMark) ? path.slice(factMark.length) : path);
    if (typeof parts === 'string') context.addIssue({ code: 'custom', message: parts });
  });

/** The path of a field of the object that lies at `path`; of the item itself when that is empty. */
export function joinPath(path: string, name: string): string {
  const isPlain =
    /^[^.[\]"*\s@][^.[\]"]*$/.test(name) && name === name.trim() && !inherited.has(name);
  if (isPlain) return path === '' ? name : `${path}.${name}`;
  return `${path}["${name.replaceAll(/(["\\])/g, String.raw`\$1`)}"]`;
}

/** Reads what lies at a path; undefined where there is nothing, a list for a path with [*]. */
export type Reader = (value: unknown) => unknown;

/** The reader of a path that `pathText` accepts. It reads own properties only. */
export function compilePath(path: string): Reader {
  const parts = parsePath(path);
  if (typeof parts === 'string') throw new Error(parts);
  const [first] = parts;
  // Most paths are one name.
  if (parts.length === 1 && typeof first === 'string') return (value) => readName(value, first);
  return (value) => readParts(value, parts);
}

function readParts(value: unknown, parts: readonly Part[]): unknown {
  let current = value;
  for (const [at, part] of parts.entries()) {
    if (part === each) return readEach(current, parts.slice(at + 1));
    current = typeof part === 'number' ? readPosition(current, part) : readName(current, part);
    if (current === undefined) return undefined;
  }
  return current;
}

/** What lies at the rest of the path in every element; lists of lists become one list. */
function readEach(value: unknown, rest: readonly Part[]): unknown {
  if (!Array.isArray(value)) return undefined;
  if (value.length > limits.list) return tooMany;
  const found: unknown[] = [];
  const isFlat = rest.includes(each);
  for (const element of value) {
    const part = readParts(element, rest);
    if (part instanceof Rejection) return part;
    if (isFlat && Array.isArray(part)) found.push(...part);
    else if (part !== undefined) found.push(part);
    if (found.length > limits.list) return tooMany;
  }
  return found;
}

function readName(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && !isList(value) && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;
}

function readPosition(value: unknown, position: number): unknown {
  return isList(value) ? value[position] : undefined;
}

const isList = (value: unknown): value is unknown[] => Array.isArray(value);
