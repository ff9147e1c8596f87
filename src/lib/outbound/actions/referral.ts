import { Problem } from '../../platform/errors.ts';
import type { ChangeAction, RecordState } from '../../connectors/contract/actions.ts';
import { referralFields } from '../../records/referral.ts';
import { attemptWriteBack, type AttemptEnd } from './attempt.ts';
import { formatState, isSameState, listDifferences } from './deliver.ts';
import { readReferral, type StoredReferral } from './referral-row.ts';
import { storeWriteBack, withdrawWriteBack, type WriteBackRow } from './store.ts';

/** A state of a referral: `New`, `Active` or `Closed`, and what it says more exactly. */
export interface ReferralState {
  status: string;
  substatus: string;
}

/** One field of a referral as the person saw it and as it is at the source. */
interface ReferralDifference {
  name: string;
  label: string;
  seen: string | null;
  found: string | null;
}

/** A change that found something else at the source, so that a person has to decide. */
export interface ReferralConflict {
  id: string;
  seen: RecordState;
  found: RecordState;
  differences: ReferralDifference[];
  /** Whether the state that was wanted may follow the one that the source has. */
  mayWriteOurs: boolean;
}

/** The states that a person may give a referral, and the change that was requested last. */
export interface ReferralChanges {
  /** The state as it was read last, or written since. */
  state: { status: string; substatus: string | null };
  /** What the page shows of the referral, to be sent along with the decision. */
  seen: RecordState;
  next: ReferralState[];
  /** The newest change that was requested here. */
  last:
    | (Pick<WriteBackRow, 'id' | 'wanted' | 'outcome' | 'message' | 'nextAttemptAt'> & { at: Date })
    | null;
  conflict: ReferralConflict | null;
}

/** How a change ended for now. */
export type ReferralUpdate =
  | { outcome: 'done'; state: ReferralState }
  | { outcome: 'waiting'; state: ReferralState; nextAttemptAt: Date | null; message: string }
  | { outcome: 'conflict'; conflict: ReferralConflict };

/** The states that a referral may change to. Throws Problem `not_found`. */
export async function getReferralChanges(
  tenantId: string,
  referralId: string,
): Promise<ReferralChanges> {
  const { action, state, facts, last } = await readReferral(tenantId, referralId);
  return {
    state: { ...toReferralState(state), substatus: state['substatus'] ?? null },
    seen: { ...facts, ...state },
    next: listNext(action, state).map(toReferralState),
    last: last === undefined ? null : { ...last, at: last.requestedAt },
    conflict:
      last?.outcome === 'conflict' && action !== undefined ? toConflict(action, last) : null,
  };
}

/**
 * Changes status and sub-status of a referral at its source, on behalf of a person, and has it read
 * again at once. `seen` is what the person saw when they decided; by default what is stored here.
 * Nothing is written when the source has something else. Throws Problem: `bad_request` for a state
 * that is not allowed, `conflict` when the source refuses the change.
 */
export async function updateReferral(
  tenantId: string,
  referralId: string,
  { wanted, seen }: { wanted: ReferralState; seen?: RecordState | undefined },
  by: string | null,
): Promise<ReferralUpdate> {
  const stored = await readReferral(tenantId, referralId);
  const action = requireAction(stored);
  const known = Object.entries({ ...stored.facts, ...stored.state });
  const shown: RecordState = Object.fromEntries(
    known.map(([name, value]) => [
      name,
      seen !== undefined && Object.hasOwn(seen, name) ? (seen[name] ?? null) : value,
    ]),
  );
  const before = pickState(shown);
  if (isSameState(stored.state, { ...wanted })) return { outcome: 'done', state: wanted };
  assertMayFollow(action, before, wanted);
  return send(
    stored,
    { before, seen: shown, seenTag: null, foundTag: null, wanted: { ...wanted } },
    by,
  );
}

/**
 * Decides a conflict. `ours` writes the change over the version that the page showed, and over no
 * other; `theirs` leaves the source as it is. Throws Problem: `conflict` when somebody else decided
 * it, `bad_request` when the change may not follow what the source has.
 */
export async function decideReferralConflict(
  tenantId: string,
  referralId: string,
  { conflict: id, choice }: { conflict: string; choice: 'ours' | 'theirs' },
  by: string | null,
): Promise<ReferralUpdate | { outcome: 'withdrawn' }> {
  const stored = await readReferral(tenantId, referralId);
  const { last } = stored;
  if (last?.id !== id || last.outcome !== 'conflict') throw alreadyDecided();
  if (choice === 'theirs') {
    if (!(await withdraw({ tenantId, id }, 'conflict'))) throw alreadyDecided();
    return { outcome: 'withdrawn' };
  }
  const action = requireAction(stored);
  const found = last.found ?? {};
  const { wanted, foundTag: seenTag } = last;
  const before = pickState(found);
  assertMayFollow(action, before, wanted);
  // Both are the same when the source refused the version that it names as its own.
  const foundTag = last.seenTag === seenTag ? seenTag : null;
  const change = { before, seen: found, seenTag, foundTag, wanted };
  return send(stored, change, by, 'referral.conflict_decided');
}

/** Takes back a change that waits for its next attempt. Throws Problem `conflict` otherwise. */
export async function cancelReferralChange(
  tenantId: string,
  referralId: string,
  id: string,
): Promise<void> {
  const { last } = await readReferral(tenantId, referralId);
  if (last?.id !== id || !(await withdraw({ tenantId, id }, 'waiting')))
    throw new Problem('conflict', 'This change is not waiting any more. Look at how it ended.');
}

function withdraw(
  key: { tenantId: string; id: string },
  from: 'conflict' | 'waiting',
): Promise<boolean> {
  const type = 'referral';
  return from === 'conflict'
    ? withdrawWriteBack(key, from, 'The version there was kept.', {
        action: 'referral.conflict_decided',
        type,
      })
    : withdrawWriteBack(key, from, 'It was taken back here.', {
        action: 'referral.change_withdrawn',
        type,
      });
}

async function send(
  stored: StoredReferral,
  change: Pick<WriteBackRow, 'before' | 'wanted' | 'seenTag' | 'foundTag'> & { seen: RecordState },
  requestedBy: string | null,
  audited: 'referral.changed' | 'referral.conflict_decided' = 'referral.changed',
): Promise<ReferralUpdate> {
  const { ref } = stored;
  const action = requireAction(stored);
  const body = action.body(change.wanted);
  const id = await storeWriteBack(
    ref,
    { ...change, body, requestedBy },
    {
      replaces: true,
      attemptsHere: true,
      audit: {
        action: audited,
        target: { type: 'referral', id: ref.externalId },
        before: change.before,
        after: change.wanted,
      },
    },
  );
  const end = await attemptWriteBack(ref.tenantId, id);
  return toUpdate(action, { ...change, id }, end);
}

function toUpdate(
  action: ChangeAction,
  change: Pick<WriteBackRow, 'id' | 'wanted'> & { seen: RecordState },
  end: AttemptEnd,
): ReferralUpdate {
  const state = toReferralState(change.wanted);
  if (end.outcome === 'done') return { outcome: 'done', state };
  if (end.outcome === 'refused' || end.outcome === 'failed' || end.outcome === 'unknown')
    throw new Problem('conflict', end.message ?? 'The change was refused.');
  if (end.outcome === 'conflict')
    return {
      outcome: 'conflict',
      conflict: toConflict(action, { ...change, found: end.found ?? {} }),
    };
  return {
    outcome: 'waiting',
    state,
    nextAttemptAt: end.outcome === 'waiting' ? end.nextAttemptAt : null,
    message: 'message' in end ? (end.message ?? '') : '',
  };
}

function toConflict(
  action: ChangeAction,
  row: Pick<WriteBackRow, 'id' | 'wanted' | 'seen' | 'found'>,
): ReferralConflict {
  const { id, wanted } = row;
  const [seen, found] = [row.seen ?? {}, row.found ?? {}];
  const differences = listDifferences(seen, found).map((name) => ({
    name,
    label: getLabel(name),
    seen: seen[name] ?? null,
    found: found[name] ?? null,
  }));
  const mayWriteOurs = mayFollow(action, pickState(found), wanted);
  return { id, seen, found, differences, mayWriteOurs };
}

const getLabel = (name: string): string =>
  Object.entries(referralFields).find(([key]) => key === name)?.[1].label ?? name;

const listNext = (action: ChangeAction | undefined, from: RecordState): RecordState[] =>
  action?.next?.(from) ?? [];

const mayFollow = (action: ChangeAction, from: RecordState, wanted: RecordState): boolean =>
  listNext(action, from).some((allowed) => isSameState(allowed, wanted));

function assertMayFollow(
  action: ChangeAction,
  from: RecordState,
  wanted: ReferralState | RecordState,
): void {
  if (mayFollow(action, from, { ...wanted })) return;
  const next = listNext(action, from);
  const may =
    next.length === 0
      ? 'It cannot be changed any more.'
      : `It may become ${next.map(formatState).join('; ')}.`;
  throw new Problem(
    'bad_request',
    `A referral that is ${formatState(from)} cannot become this. ${may}`,
  );
}

function requireAction({ action }: StoredReferral): ChangeAction {
  if (action !== undefined) return action;
  throw new Problem('bad_request', 'The source of this referral takes no changes from here.');
}

const alreadyDecided = () =>
  new Problem('conflict', 'Somebody else has decided this already. Look at the referral again.');

const pickState = (fields: RecordState): RecordState => ({
  status: fields['status'] ?? null,
  substatus: fields['substatus'] ?? null,
});

const toReferralState = (state: RecordState): ReferralState => ({
  status: state['status'] ?? '',
  substatus: state['substatus'] ?? '',
});
