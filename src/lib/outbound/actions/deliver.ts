import { RemoteError } from '../../platform/http/errors.ts';
import type {
  AddAction,
  Addition,
  ChangeAction,
  CurrentItem,
  RecordState,
  WriteContext,
} from '../../connectors/contract/actions.ts';

/** What is to be changed, and what the person saw who decided so. */
export interface RequestedChange {
  externalId: string;
  wanted: RecordState;
  /** The fields that the person saw; those that were not known are not compared. */
  seen: RecordState;
  /** The version that the person saw; null when it is not known, as after a list. */
  seenTag: string | null;
  /** The source refused this version as outdated although it was the current one. */
  ignoresTags: boolean;
}

/**
 * How a change ended.
 *
 * - done: with the response, or null when the record already was as it was to be
 * - conflict: the record is not what the person saw, and nothing was written; `refusedTag` is the
 *   version that the source refused although it named it as its own
 */
export type DeliveredChange =
  | { kind: 'done'; response: object | null }
  | { kind: 'conflict'; found: CurrentItem; refusedTag: string | null };

/**
 * Carries one change to its source: reads the record, compares it with what the person saw, and
 * writes under the condition that it is still the version that was read. A record that already is
 * as it is to be is left alone, so repeating a change whose outcome is unknown does no harm. Throws
 * RemoteError when the source did not take it.
 */
export async function deliver(
  action: ChangeAction,
  context: WriteContext<unknown>,
  change: RequestedChange,
): Promise<DeliveredChange> {
  const now = await action.read(context, change.externalId);
  const end = judge(now, change);
  if (end !== undefined) return end;
  try {
    return await send(action, context, change, now);
  } catch (error) {
    if (!isVersionRefusal(error) || now.tag === null || change.ignoresTags) throw error;
    const next = await action.read(context, change.externalId);
    return judge(next, { ...change, seenTag: now.tag }) ?? sendAgain(action, context, change, next);
  }
}

/** The source refused the version that it still names as its own, so that one is sent once more. */
async function sendAgain(
  action: ChangeAction,
  context: WriteContext<unknown>,
  change: RequestedChange,
  now: CurrentItem,
): Promise<DeliveredChange> {
  try {
    return await send(action, context, change, now);
  } catch (error) {
    if (!(error instanceof RemoteError) || error.status !== 412) throw error;
    return { kind: 'conflict', found: now, refusedTag: now.tag };
  }
}

/**
 * Adds something to a record, or finds that an earlier attempt did. `mayHaveArrived`: one was sent,
 * and nobody knows whether the source took it. Then it is looked for first; where that is not
 * possible nothing is sent. Throws RemoteError.
 */
export async function deliverAddition(
  action: AddAction,
  context: WriteContext<unknown>,
  addition: Addition,
  mayHaveArrived: boolean,
): Promise<{ kind: 'done'; response: object | null } | { kind: 'unknown' }> {
  if (mayHaveArrived && action.find === undefined) return { kind: 'unknown' };
  if (mayHaveArrived && (await action.find?.(context, addition)) === true)
    return { kind: 'done', response: null };
  return { kind: 'done', response: await action.send(context, addition) };
}

/** Undefined while the record is what the person saw and has to be changed. */
function judge(
  found: CurrentItem,
  { wanted, seen, seenTag }: RequestedChange,
): DeliveredChange | undefined {
  if (isSameState(found.state, wanted)) return { kind: 'done', response: null };
  const isOtherVersion = seenTag !== null && found.tag !== null && found.tag !== seenTag;
  return isOtherVersion || listDifferences(seen, { ...found.facts, ...found.state }).length > 0
    ? { kind: 'conflict', found, refusedTag: null }
    : undefined;
}

async function send(
  action: ChangeAction,
  context: WriteContext<unknown>,
  { externalId, wanted, ignoresTags }: RequestedChange,
  { tag }: CurrentItem,
): Promise<DeliveredChange> {
  try {
    const change = { externalId, wanted, tag: ignoresTags ? null : tag };
    return { kind: 'done', response: await action.send(context, change) };
  } catch (error) {
    if (!isOutcomeUnknown(error)) throw error;
    const now = await action.read(context, externalId).catch(() => undefined);
    if (now !== undefined && isSameState(now.state, wanted))
      return { kind: 'done', response: null };
    throw error;
  }
}

const isVersionRefusal = (error: unknown): boolean =>
  error instanceof RemoteError && (error.status === 412 || error.status === 409);

/**
 * Whether a change may have arrived: the response was lost, cut, late, or made by something in
 * between. A source that asks for a pause is not asked anything else right away.
 */
function isOutcomeUnknown(error: unknown): boolean {
  if (!(error instanceof RemoteError) || error.unsent) return false;
  const { kind, status } = error;
  if (kind === 'transient') return status !== 503;
  return kind === 'malformed' && (status === undefined || status < 300 || status >= 500);
}

/**
 * Whether an addition may have arrived although its sending failed. A refusal says that it did not.
 * A 503 says so of the system that wrote it, which may stand in front of the one that counts.
 */
export function mayHaveArrived({ kind, status, unsent }: RemoteError): boolean {
  if (unsent || (kind !== 'transient' && kind !== 'malformed')) return false;
  return status === undefined || status === 408 || status < 400 || status >= 500;
}

/** Whether a record has all values of `other`. */
export function isSameState(one: RecordState, other: RecordState): boolean {
  return Object.entries(other).every(([name, value]) => one[name] === value);
}

/** The fields that were known to a person and are something else now. */
export function listDifferences(seen: RecordState, now: RecordState): string[] {
  return Object.entries(seen)
    .filter(
      ([name, value]) =>
        value !== null && Object.hasOwn(now, name) && !isSameValue(value, now[name]),
    )
    .map(([name]) => name);
}

/** Amounts are the same however many decimals they are written with. */
function isSameValue(one: string, other: string | null | undefined): boolean {
  return one === other || trimDecimals(one) === trimDecimals(other ?? '');
}

const trimDecimals = (text: string): string =>
  /^-?\d+\.\d+$/.test(text) ? text.replace(/\.?0+$/, '') : text;

/** "Closed, Won". */
export function formatState(state: RecordState): string {
  return Object.values(state)
    .filter((value) => value !== null && value !== '')
    .join(', ');
}
