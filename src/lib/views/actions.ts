import {
  listActionFields,
  type ActionField,
  type ActionKey,
  type Choice,
  type CurrentItem,
  type RecordState,
} from '../connectors/contract/actions.ts';
import { newId } from '../platform/id.ts';
import { readTenant } from '../identity/tenancy/with-tenant.ts';
import {
  readActionRecord,
  readKnownState,
  selectChoices,
  type ActionRecord,
  type ActionTarget,
} from '../outbound/actions/record.ts';
import type { WriteBackRow } from '../outbound/actions/store.ts';
import { loadNames } from './user-names.ts';
import type { Workspace } from './workspace.ts';

/** One action as a form offers it. */
export interface ActionForm {
  key: ActionKey;
  label: string;
  fields: readonly ActionField[];
  /** What may be chosen for this record; null before the lists were read, or without a choice. */
  choices: Choice[] | null;
  hasChoices: boolean;
  /** The value of a change as far as it is known here, or as a conflict has shown it. */
  current: string | null;
  /** The conflict that the next change decides: the newest one, unless something came after it. */
  over: string | null;
  /** For one sending of the form: a second click sends the same. */
  requestId: string;
}

/** One action that was asked for, and what became of it. */
export interface ActionOutcome {
  id: string;
  action: ActionKey;
  label: string;
  outcome: WriteBackRow['outcome'];
  /** What was asked for: the label of a choice, or the beginning of a text. */
  wanted: string;
  /** What the record has instead, after a conflict. */
  found: string | null;
  message: string | null;
  requestedAt: Date;
  requestedBy: string | null;
  nextAttemptAt: Date | null;
  /** The source has it, and the sync that brings it here is still to come. */
  isPending: boolean;
  mayCancel: boolean;
}

/** What may be done to a record at its source, and what was done last. */
export interface ActionsView {
  id: string;
  /** Label of the source system. */
  source: string;
  actions: ActionForm[];
  /** Newest first. */
  outcomes: ActionOutcome[];
  choicesReadAt: Date | null;
}

/** Throws Problem `not_found`, also for a record of another tenant. */
export function getActionsView({ tenant }: Workspace, target: ActionTarget): Promise<ActionsView> {
  // Reads from the primary, because a user who has just asked for an action expects to see it.
  return readTenant(tenant.id, async (tx) => {
    const record = await readActionRecord(tx, tenant.id, target);
    const nameOf = await loadNames(
      tx,
      record.recent.map(({ requestedBy }) => requestedBy),
    );
    return {
      id: target.id,
      source: record.provider.label,
      actions: record.actions.map((action) => toForm(record, action)),
      outcomes: record.recent.map((row) => toOutcome(record, row, nameOf)),
      choicesReadAt: record.choicesReadAt,
    };
  });
}

function toForm(record: ActionRecord, action: ActionRecord['actions'][number]): ActionForm {
  const { key, label } = action;
  const known = action.kind === 'change' ? readKnownState(record, action) : noState;
  const last = record.recent.find((row) => row.action === key);
  const conflict = last?.outcome === 'conflict' ? last : undefined;
  const state = conflict === undefined ? known.state : pickFields(known.state, conflict.found);
  return {
    key,
    label,
    fields: listActionFields(action),
    choices: selectChoices(record, action, { ...known.facts, ...state }),
    hasChoices: action.choices !== undefined,
    current: Object.values(state)[0] ?? null,
    over: conflict?.id ?? null,
    requestId: newId(),
  };
}

const noState: Pick<CurrentItem, 'state' | 'facts'> = { state: {}, facts: {} };

const pickFields = (names: RecordState, found: RecordState | null): RecordState =>
  Object.fromEntries(Object.keys(names).map((name) => [name, found?.[name] ?? null]));

/** Characters of a text that the list of outcomes shows. */
const maxShown = 120;

function toOutcome(
  record: ActionRecord,
  row: WriteBackRow,
  nameOf: (userId: string | null) => string | null,
): ActionOutcome {
  const { id, action: key, outcome, wanted, message, requestedAt, nextAttemptAt } = row;
  const action = record.actions.find((each) => each.key === key);
  const choices = new Map(Object.entries(record.choices ?? {})).get(`${row.stream}/${key}`) ?? [];
  const labelOf = (value: string | null | undefined): string =>
    choices.find((choice) => choice.value === value)?.label ?? value ?? '';
  const name = Object.keys(wanted)[0] ?? '';
  return {
    id,
    action: key,
    label: action?.label ?? key,
    outcome,
    wanted: cut(labelOf(wanted[name])),
    found: outcome === 'conflict' ? cut(labelOf(row.found?.[name])) : null,
    message,
    requestedAt,
    requestedBy: nameOf(row.requestedBy),
    nextAttemptAt: outcome === 'waiting' ? nextAttemptAt : null,
    isPending: outcome === 'done' && (row.finishedAt ?? new Date(0)) > record.changedAt,
    mayCancel: outcome === 'waiting' && row.departedAt === null,
  };
}

const cut = (text: string): string =>
  text.length > maxShown ? `${text.slice(0, maxShown)}…` : text;
