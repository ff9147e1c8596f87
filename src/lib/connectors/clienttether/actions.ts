import { RemoteError } from '../../platform/http/errors.ts';
import type {
  ActionDefinition,
  AddAction,
  ChangeAction,
  CurrentItem,
  WriteContext,
} from '../contract/actions.ts';
import { escapeHtml, toMark } from '../kit/marks.ts';
import { postFields, sendRequest } from './request.ts';
import { readItem, type CTLeadResponse } from './responses.ts';
import type { ClientTetherSettings } from './settings.ts';

type Context = WriteContext<ClientTetherSettings>;

/** Clients are read with the name of their stage, and written with its id. */
const STAGE = 'clients_sales_cycle';
const STREAM = 'clients';
const UPDATE = 'update_client_by_id';

const pick = (lead: CTLeadResponse): Omit<CurrentItem, 'tag'> => ({
  state: { [STAGE]: lead[STAGE]?.trim() ?? null },
  facts: {},
});

/**
 * Moves a client to another stage of the sales cycle. ClientTether has neither versions nor
 * conditional writes: what is sent wins over a change since the reading just before. Opportunities
 * have no such call in any source that we could read.
 */
const changeStage: ChangeAction<ClientTetherSettings> = {
  kind: 'change',
  key: 'stage',
  label: 'Change the stage',
  stream: STREAM,
  field: { name: STAGE, label: 'Stage', kind: 'choice' },
  choices: async (context) =>
    (await listStages(context)).map(({ name }) => ({ value: name, label: name })),
  current: (item) => pick(readItem('lead', item)),
  read: async (context, externalId) => ({
    ...pick(await readClient(context, externalId)),
    tag: null,
  }),
  body: (wanted) => wanted,
  async send(context, { externalId, wanted }) {
    const name = wanted[STAGE];
    const named = (await listStages(context)).filter((stage) => stage.name === name);
    const [stage] = named;
    if (stage === undefined || named.length > 1)
      throw new RemoteError(
        'gone',
        'There is no active stage of this name, or more than one. Choose another one.',
      );
    const fields = { client_id: externalId, sales_cycle_id: stage.id };
    return postFields(context, UPDATE, fields, { effect: 'once' });
  },
};

/**
 * Adds a note to the whiteboard of a client, behind what is there. It is HTML, and the only place
 * for notes that may be written. The call adds the text each time that it is sent, so the whiteboard
 * is searched for its mark first.
 */
const addNote: AddAction<ClientTetherSettings> = {
  kind: 'add',
  key: 'note',
  label: 'Add a note',
  stream: STREAM,
  fields: [{ name: 'text', label: 'Note', kind: 'text', max: 5_000 }],
  find: async (context, { externalId, id }) =>
    (await readClient(context, externalId)).whiteboard?.includes(toMark(id)) === true,
  body: ({ externalId, values, id }) => ({
    client_id: externalId,
    append_whiteboard: `<br><br>${escapeHtml(values['text'] ?? '').replaceAll(/\r?\n/g, '<br>')}<br>${toMark(id)}`,
  }),
  send: (context, addition) =>
    postFields(context, UPDATE, addNote.body(addition) as Record<string, string>),
};

/**
 * What people may do to clients. Events are not among it: the documentation that we could read names
 * the call that creates one, but none of its fields.
 */
export const actions: readonly ActionDefinition<ClientTetherSettings>[] = [changeStage, addNote];

async function readClient(context: Context, id: string): Promise<CTLeadResponse> {
  const { items } = await sendRequest(context, `read_client_by_id/${encodeURIComponent(id)}`);
  const client = items
    .map((item) => readItem('lead', item))
    .find(({ client_id: own }) => own === id);
  if (client !== undefined) return client;
  throw items.length === 0
    ? new RemoteError('gone', 'The client was deleted.')
    : new RemoteError('malformed', 'ClientTether returned another client than the one asked for.');
}

async function listStages(context: Context): Promise<{ id: string; name: string }[]> {
  const { items } = await sendRequest(context, 'read_sales_cycle_list', { limit: STAGES });
  return items.flatMap((item) => {
    const stage = readItem('salesCycle', item);
    const [id, name] = [stage.sales_cycle_id, stage.sales_cycle_name?.trim()];
    const isActive = stage.sales_cycle_active_status?.trim() !== '0';
    return id !== null && name && isActive ? [{ id, name }] : [];
  });
}

/** More stages than any account has. */
const STAGES = 1_000;
