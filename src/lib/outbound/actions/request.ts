import type {
  ActionDefinition,
  ActionKey,
  ChangeAction,
  RecordState,
} from '../../connectors/contract/actions.ts';
import { listActionFields } from '../../connectors/contract/actions.ts';
import { withTenant } from '../../identity/tenancy/with-tenant.ts';
import { Problem } from '../../platform/errors.ts';
import { newId } from '../../platform/id.ts';
import { isSameState } from './deliver.ts';
import {
  readActionRecord,
  readKnownState,
  selectChoices,
  type ActionRecord,
  type ActionTarget,
} from './record.ts';
import { storeWriteBack, withdrawWriteBack, type NewWriteBack } from './store.ts';
import { parseValues } from './values.ts';

/** What a person asks for. */
export interface ActionRequest {
  action: ActionKey;
  /** By the names of the action's fields. */
  values: Readonly<Record<string, string>>;
  /** Chosen by the caller, so that asking again (a second click, a lost response) does nothing. */
  id?: string | undefined;
  /** The action that ended in a conflict, when its change is to be made over what was found. */
  over?: string | undefined;
}

/** What is stored of a request besides who made it. */
type Plan = Omit<NewWriteBack, 'requestedBy'>;

/**
 * Asks for an action on a record at its source; a job sends it at once. Returns its id. Nothing is
 * written here: the next sync brings what the source has. Throws Problem: `not_found`, `bad_request`
 * for an action or a value that the record does not have, `conflict` while the same is being sent.
 */
export async function requestAction(
  tenantId: string,
  target: ActionTarget,
  request: ActionRequest,
  by: string | null,
): Promise<string> {
  const record = await withTenant(tenantId, (tx) => readActionRecord(tx, tenantId, target));
  const action = record.actions.find(({ key }) => key === request.action);
  if (action === undefined)
    throw new Problem(
      'bad_request',
      `This cannot be done to this ${target.entity} from here: ${record.provider.label} does not ` +
        'offer it, or its connection is paused.',
    );
  const id = request.id ?? newId();
  const isRepeated = record.recent.some((row) => row.id === id);
  const values = parseValues(listActionFields(action), request.values);
  if (isRepeated) return id;
  const plan =
    action.kind === 'add'
      ? planAddition(action, record, { id, values })
      : planChange(action, record, { values, over: request.over });
  const { connectionId, stream, externalId } = record;
  return storeWriteBack(
    { tenantId, connectionId, stream, externalId, action: action.key },
    { ...plan, requestedBy: by },
    {
      id,
      replaces: action.kind === 'change',
      attemptsHere: false,
      audit: {
        action: 'action.requested',
        target: { type: target.entity, id: target.id },
        ...(action.kind === 'change' && { before: plan.before }),
        after: { action: action.key, ...(action.kind === 'change' && plan.wanted) },
      },
    },
  );
}

function planAddition(
  action: Extract<ActionDefinition, { kind: 'add' }>,
  { externalId }: ActionRecord,
  { id, values }: { id: string; values: Record<string, string> },
): Plan {
  const body = action.body({ id, externalId, values, requestedAt: new Date() });
  return { before: {}, wanted: values, seen: {}, seenTag: null, foundTag: null, body };
}

function planChange(
  action: ChangeAction,
  record: ActionRecord,
  { values, over }: { values: Record<string, string>; over: string | undefined },
): Plan {
  const decided = over === undefined ? undefined : requireConflict(record, over);
  const { state, facts } = readKnownState(record, action);
  const seen: RecordState = decided?.found ?? { ...facts, ...state };
  const wanted = values;
  assertChoice(action, record, { seen, wanted });
  const before = Object.fromEntries(
    Object.keys(wanted).map((name) => [name, seen[name] ?? null] as const),
  );
  if (isSameState(before, wanted))
    throw new Problem('bad_request', `The record has this value already. Choose another one.`);
  const seenTag = decided?.foundTag ?? null;
  // Both are the same when the source refused the version that it names as its own.
  const foundTag = decided !== undefined && decided.seenTag === seenTag ? seenTag : null;
  return { before, wanted, seen, seenTag, foundTag, body: action.body(wanted) };
}

function requireConflict({ recent }: ActionRecord, id: string) {
  const row = recent.find((each) => each.id === id);
  if (row?.outcome === 'conflict') return row;
  throw new Problem('conflict', 'Somebody else has decided this already. Reload the page.');
}

function assertChoice(
  action: ChangeAction,
  record: ActionRecord,
  { seen, wanted }: { seen: RecordState; wanted: RecordState },
): void {
  const choices = action.choices === undefined ? null : selectChoices(record, action, seen);
  const value = wanted[action.field?.name ?? ''];
  if (choices === null || choices.some((choice) => choice.value === value)) return;
  throw new Problem(
    'bad_request',
    `${record.provider.label} does not list this value for the record. Choose one of its list, or ` +
      'have the list read again.',
  );
}

/**
 * Takes back an action that waits for its next attempt. Throws Problem: `not_found`, `conflict` when
 * it has ended, is being sent, or may have arrived already.
 */
export async function cancelAction(
  tenantId: string,
  target: ActionTarget,
  id: string,
): Promise<void> {
  const { recent } = await withTenant(tenantId, (tx) => readActionRecord(tx, tenantId, target));
  const isOwn = recent.some((row) => row.id === id);
  const audit = { action: 'action.withdrawn', type: target.entity } as const;
  const message = 'It was taken back here.';
  if (!isOwn || !(await withdrawWriteBack({ tenantId, id }, 'waiting', message, audit)))
    throw new Problem(
      'conflict',
      'This cannot be taken back any more: it has ended, is being sent, or may have arrived ' +
        'already. Look at how it ended.',
    );
}
