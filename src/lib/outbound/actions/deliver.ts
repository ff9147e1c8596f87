import { Problem } from '../../platform/errors.ts';
import { RemoteError } from '../../platform/http/errors.ts';
import type { HttpResponse } from '../../platform/http/types.ts';
import type {
  CurrentItem,
  RecordState,
  WriteBack,
  WriteContext,
} from '../../connectors/contract/actions.ts';

/** What is to be changed, and what it was when the person decided. */
export interface RequestedChange {
  externalId: string;
  from: CurrentItem;
  wanted: RecordState;
}

/** How it ended well: with the source's answer, or by finding the record as it was to be. */
export interface ActionResult {
  response: HttpResponse | null;
}

/**
 * Carries one change to its source. A version that does not match is looked at: whoever changed the
 * state meanwhile is not overwritten, and a source that only thinks so is asked without. When it is
 * not known whether a change arrived, the record itself tells. Throws Problem `conflict`, or
 * RemoteError when the source did not take it.
 */
export async function deliver(
  writeBack: WriteBack,
  context: WriteContext<unknown>,
  change: RequestedChange,
): Promise<ActionResult> {
  const { externalId, wanted, from } = change;
  try {
    return { response: await writeBack.send(context, { externalId, wanted, tag: from.tag }) };
  } catch (error) {
    if (!(error instanceof RemoteError) || error.unsent) throw error;
    if (error.status === 412 && from.tag !== null)
      return retryWithoutTag(writeBack, context, change);
    if (isOutcomeUnknown(error)) return verifyOutcome(writeBack, context, change, error);
    throw error;
  }
}

async function retryWithoutTag(
  writeBack: WriteBack,
  context: WriteContext<unknown>,
  { externalId, wanted, from }: RequestedChange,
): Promise<ActionResult> {
  const now = await writeBack.read(context, externalId);
  if (isSameState(now.state, wanted)) return { response: null };
  if (!isSameState(now.state, from.state)) throw changedMeanwhileProblem(now.state);
  return deliver(writeBack, context, {
    externalId,
    wanted,
    from: { state: from.state, tag: null },
  });
}

async function verifyOutcome(
  writeBack: WriteBack,
  context: WriteContext<unknown>,
  { externalId, wanted }: RequestedChange,
  error: RemoteError,
): Promise<ActionResult> {
  const now = await writeBack.read(context, externalId).catch(() => undefined);
  if (now !== undefined && isSameState(now.state, wanted)) return { response: null };
  const explanation =
    now === undefined
      ? 'Whether it was changed is not known: look at it there, or try again, which does no harm.'
      : 'It was not changed. Try again.';
  throw new RemoteError(error.kind, `${error.message} ${explanation}`, {
    ...(error.status !== undefined && { status: error.status }),
    cause: error,
  });
}

/** It may have arrived: the answer was lost, cut, late, or made by something in between. */
function isOutcomeUnknown({ kind, status }: RemoteError): boolean {
  return (
    kind === 'transient' ||
    (kind === 'malformed' && (status === undefined || status < 300 || status >= 500))
  );
}

export function isSameState(one: RecordState, other: RecordState): boolean {
  return Object.entries(other).every(([name, value]) => one[name] === value);
}

function changedMeanwhileProblem(state: RecordState): Problem {
  return new Problem(
    'conflict',
    `Somebody changed it at the source in the meantime: it is ${formatState(state)} there. ` +
      'Nothing was changed; look at it again.',
  );
}

/** "Closed, Won". */
export function formatState(state: RecordState): string {
  return Object.values(state)
    .filter((value) => value !== null && value !== '')
    .join(', ');
}
