import type { AuditRow } from '#lib/views/audit/queries.ts';
import { capitalize } from '#lib/platform/capitalize.ts';
import { describeDevice, unknownDevice } from '../account/device.ts';
import { nothing } from '../ui/format.ts';

/** Kinds of actors that are said beside the name, and in its place where there is none. */
const kindLabels: Record<AuditRow['actorKind'], string> = {
  user: 'member',
  staff: 'agency staff',
  operator: 'operator',
  system: 'automatic',
  anonymous: 'not signed in',
};

/** Who acted: the name, else the e-mail address; and the kind in words, unless it says no more. */
export function describeActor({ actorKind, actorName, actorLabel }: AuditRow): {
  who: string;
  kind: string | null;
} {
  const who = actorName || actorLabel;
  if (!who) return { who: capitalize(kindLabels[actorKind]), kind: null };
  return { who, kind: actorKind === 'user' ? null : kindLabels[actorKind] };
}

/**
 * What happened, in a sentence without a full stop: the action and what it was done to, unless that
 * is who did it.
 */
export function describeEvent({
  title,
  actorLabel,
  targetType,
  targetId,
  targetLabel,
}: AuditRow): string {
  const target = targetLabel ?? (targetType === 'session' ? null : targetId);
  return target === null || target === actorLabel ? title : `${title}: ${target}`;
}

/** The browser in words; of a program that is none, the name that it gives itself. */
export function describeClient({ userAgent }: AuditRow): string | null {
  if (userAgent === null) return null;
  const device = describeDevice(userAgent);
  return device === unknownDevice ? (userAgent.split(/[\s/]/, 1)[0] ?? device) : device;
}

export interface Change {
  name: string;
  /** Null where the event tells only what is there now. */
  before: string | null;
  after: string | null;
}

/** The changed fields in words, in the order in which they were recorded. */
export function listChanges({ before, after }: AuditRow): Change[] {
  const names = new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})]);
  const read = (fields: Record<string, unknown> | null, name: string) =>
    fields !== null && Object.hasOwn(fields, name) ? formatValue(fields[name]) : null;
  return [...names].map((name) => ({
    name: toWords(name),
    before: read(before, name),
    after: read(after, name),
  }));
}

/** One change on one line: "role: from viewer to admin". The font of the pages has no arrow. */
export const formatChange = ({ name, before, after }: Change): string =>
  before === null
    ? `${name}: ${after ?? nothing}`
    : `${name}: from ${before} to ${after ?? nothing}`;

/** A value as it was recorded; lists and objects on one line. */
function formatValue(value: unknown): string {
  if (value === null || value === undefined || value === '') return nothing;
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map(formatValue).join(', ') || nothing;
  if (typeof value === 'object')
    return (
      Object.entries(value)
        .map(([name, each]) => `${toWords(name)} ${formatValue(each)}`)
        .join(', ') || nothing
    );
  return JSON.stringify(value);
}

/** "deletionShare" and "deletion_share" as "deletion share"; paths such as signals.spf stay. */
const toWords = (name: string): string =>
  name
    .replaceAll(/(?<=[a-z\d])(?=[A-Z])/g, ' ')
    .replaceAll('_', ' ')
    .toLowerCase();
