import type { FieldSchema, MappingSchema } from '../../conversion/schema/shape.ts';
import { suggestSources } from '../../conversion/schema/suggest.ts';
import type { DiscoveredObject, ObjectEntity } from '../contract/discovery.ts';
import { listTargets, type MappingTarget } from '../mapped-stream.ts';
import { constant, firstOf, line, lineOr, prose } from './mapping.ts';

/*
 * The default mapping of an object that an account has defined itself. Nobody has seen its fields
 * before, so only those are taken whose names leave little doubt; people choose the others.
 */

/** What the connector knows of every record, whatever the object is. */
export interface KnownPaths {
  id: string;
  /** Entries for the times of a record. */
  times: MappingSchema;
  /** The name of its owner. */
  owner?: string;
  /** The name of the company that it belongs to. */
  company?: string;
  /** How an amount is read, where rows may be in several currencies. */
  amount?: (target: string, path: string) => FieldSchema;
}

/** Below this score the name of a field only looks like one of ours. */
const leastScore = 0.8;

/** Fields of ours that names of other amounts are taken for: what a deal is worth is no revenue. */
const leftToPeople = new Set(['revenue']);

/** Fills what every record of the entity needs, and the fields whose names say what they hold. */
export function mapObject(
  object: DiscoveredObject,
  entity: ObjectEntity,
  { id, times, owner, company, amount = readAmount }: KnownPaths,
): MappingSchema {
  const names = [...(object.nameField === null ? [] : [object.nameField]), id];
  const known: FieldSchema[] = [
    lineOr('name', names, `Unnamed ${object.label}`),
    ...times,
    ...(owner === undefined ? [] : [line('assignedTo', owner)]),
    ...(company === undefined ? [] : [line('company', company)]),
  ].filter(({ target }) => listTargets(entity).some(({ name }) => name === target));
  const filled = new Set(known.map(({ target }) => target));
  const targets = listTargets(entity).filter(({ name }) => !filled.has(name));
  const entries = new Map(
    [...fillers[entity], ...suggest(object, targets, amount)].map((entry) => [entry.target, entry]),
  );
  return [...known, ...entries.values()];
}

/** What required fields hold unless a field of the object fills them. */
const fillers: Readonly<Record<ObjectEntity, readonly FieldSchema[]>> = {
  lead: [constant('status', 'New Lead'), constant('qualified', false)],
  opportunity: [
    constant('stage', 'No stage'),
    constant('outcome', 'open'),
    constant('units', 1),
    constant('likelyPct', 0),
  ],
  company: [],
  contact: [],
};

function suggest(
  object: DiscoveredObject,
  targets: readonly MappingTarget[],
  amount: NonNullable<KnownPaths['amount']>,
): FieldSchema[] {
  const fields = object.fields.filter(
    ({ path, isCode }) => isCode !== true && path !== object.nameField,
  );
  const best = new Map<string, FieldSchema>();
  // What a record cannot do without is a text that can be made up, or else the same for all.
  const wanted = targets.filter(
    ({ name, type, values, required }) =>
      !leftToPeople.has(name) &&
      type !== 'boolean' &&
      values === undefined &&
      (type === 'text' || !required),
  );
  for (const { target: name, path, score } of suggestSources(
    wanted,
    fields.map((field) => ({ ...field, samples: [] })),
  )) {
    const target = wanted.find((each) => each.name === name);
    const field = fields.find((each) => each.path === path);
    if (score < leastScore || best.has(name) || target === undefined || field === undefined)
      continue;
    const isNumber = field.type === 'number' || field.type === 'amount';
    const entry = target.type === 'amount' && isNumber ? amount(name, path) : fill(target, path);
    best.set(name, entry);
  }
  return [...best.values()];
}

function fill({ name, type, required }: MappingTarget, path: string): FieldSchema {
  if (type === 'text' && required) return lineOr(name, path, fillText(name));
  if (type === 'text') return name === 'summary' ? prose(name, path) : line(name, path);
  if (type === 'number') return firstOf(name, path, [{ fn: 'number-parse' }]);
  return firstOf(name, path, [{ fn: type === 'instant' ? 'date-parse' : 'money' }]);
}

/** A number with a decimal point is no amount with thousands, which text might be. */
const readAmount = (name: string, path: string): FieldSchema =>
  firstOf(name, path, [{ fn: 'number-parse' }, { fn: 'money' }]);

/** What a required text holds where the record has none. */
const fillText = (name: string): string => (name === 'status' ? 'New Lead' : 'No stage');
