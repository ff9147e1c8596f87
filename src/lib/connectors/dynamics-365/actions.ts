import { RemoteError } from '../../platform/http/errors.ts';
import type {
  ActionDefinition,
  AddAction,
  Addition,
  ChangeAction,
  Choice,
  CurrentItem,
  RecordState,
  WriteContext,
} from '../contract/actions.ts';
import { toObject } from '../kit/json.ts';
import { isKeyConflict, isMissing, send, type WebApiResponse } from './destination/web-api.ts';
import { buildUrl } from './request.ts';
import type { DynamicsSettings } from './settings.ts';

type Context = WriteContext<DynamicsSettings>;

/** A table whose rows have actions. */
interface Place {
  stream: 'leads' | 'opportunities';
  table: 'lead' | 'opportunity';
  /** The column that is its stage, and how metadata describe it. */
  stage: { column: string; type: 'Status' | 'Picklist'; label: string };
}

const LEADS: Place = {
  stream: 'leads',
  table: 'lead',
  stage: { column: 'statuscode', type: 'Status', label: 'Status reason' },
};
/**
 * `stepname` belongs to the customer's own process, which moves it; the stage of every environment
 * is `salesstage`. Source: the Opportunity entity of
 * https://github.com/microsoft/CDM (sales/Opportunity.cdm.json)
 */
const OPPORTUNITIES: Place = {
  stream: 'opportunities',
  table: 'opportunity',
  stage: { column: 'salesstage', type: 'Picklist', label: 'Sales stage' },
};

const OWNER = '_ownerid_value';
const STATE = 'statecode';
/** Closed rows are read-only, and become what they are by actions of their own. */
const OPEN = '0';

/** What people may do to leads and opportunities. */
export const actions: readonly ActionDefinition<DynamicsSettings>[] = [
  LEADS,
  OPPORTUNITIES,
].flatMap((place) => [changeStage(place), changeOwner(place), addNote(place), addTask(place)]);

function changeStage(place: Place): ChangeAction<DynamicsSettings> {
  const { column, type, label } = place.stage;
  return {
    ...changeColumn(place, column, (value) => ({ [column]: toNumber(value) })),
    key: 'stage',
    label: 'Change the stage',
    field: { name: column, label, kind: 'choice' },
    choices: (context) => listOptions(context, place.table, { column, type }),
  };
}

function changeOwner(place: Place): ChangeAction<DynamicsSettings> {
  return {
    ...changeColumn(place, OWNER, (value) => ({ 'ownerid@odata.bind': `/systemusers(${value})` })),
    key: 'owner',
    label: 'Change the owner',
    field: { name: OWNER, label: 'Owner', kind: 'choice' },
    choices: listUsers,
  };
}

/**
 * Sets one column on the condition that the row is still the version that was read. The condition
 * also keeps a row that was deleted from being made anew. Source:
 * https://learn.microsoft.com/en-us/power-apps/developer/data-platform/webapi/perform-conditional-operations-using-web-api
 */
function changeColumn(
  { stream }: Place,
  column: string,
  toPayload: (value: string) => object,
): Pick<ChangeAction<DynamicsSettings>, 'kind' | 'stream' | 'current' | 'read' | 'body' | 'send'> {
  const pick = (row: Record<string, unknown>): Omit<CurrentItem, 'tag'> => ({
    state: { [column]: toText(row[column]) },
    facts: { [STATE]: toText(row[STATE]) },
  });
  const body = (wanted: RecordState): object => toPayload(wanted[column] ?? '');
  return {
    kind: 'change',
    stream,
    current: (item) => pick(toObject(item)),
    async read(context, id) {
      const row = await get(context, `${stream}(${id})?$select=${column},${STATE}`);
      return { ...pick(row), tag: toText(row['@odata.etag']) };
    },
    body,
    async send(context, { externalId, wanted, tag }) {
      const response = await call(context, {
        method: 'PATCH',
        path: `${stream}(${externalId})`,
        json: body(wanted),
        headers: { 'if-match': tag ?? '*' },
        effect: 'once',
      });
      return accept(response);
    },
  };
}

/**
 * The columns by which a note and a task are bound to a lead or an opportunity are unconfirmed: they
 * follow from documented ones, such as `regardingobjectid_account_task`. A wrong one is refused.
 */
function addNote(place: Place): AddAction<DynamicsSettings> {
  return {
    ...addRow(place, { set: 'annotations', id: 'annotationid' }, ({ values, externalId }) => ({
      notetext: values['text'] ?? '',
      [`objectid_${place.table}@odata.bind`]: `/${place.stream}(${externalId})`,
    })),
    key: 'note',
    label: 'Add a note',
    fields: [{ name: 'text', label: 'Note', kind: 'text', max: 50_000 }],
  };
}

function addTask(place: Place): AddAction<DynamicsSettings> {
  return {
    ...addRow(place, { set: 'tasks', id: 'activityid' }, ({ values, externalId }) => ({
      subject: values['subject'] ?? '',
      ...(values['text'] !== undefined && { description: values['text'] }),
      ...(values['due'] !== undefined && { scheduledend: `${values['due']}T12:00:00Z` }),
      [`regardingobjectid_${place.table}_task@odata.bind`]: `/${place.stream}(${externalId})`,
    })),
    key: 'task',
    label: 'Add a task',
    fields: [
      { name: 'subject', label: 'Task', kind: 'line', max: 200 },
      { name: 'due', label: 'Due on', kind: 'day', optional: true },
      { name: 'text', label: 'Details', kind: 'text', max: 2_000, optional: true },
    ],
  };
}

/**
 * Creates a row under our own id, and only when there is none, so that it cannot be made twice.
 * Source:
 * https://learn.microsoft.com/en-us/power-apps/developer/data-platform/webapi/update-delete-entities-using-web-api
 */
function addRow(
  { stream }: Place,
  { set, id: column }: { set: string; id: string },
  body: (addition: Addition) => object,
): Pick<AddAction<DynamicsSettings>, 'kind' | 'stream' | 'find' | 'body' | 'send'> {
  return {
    kind: 'add',
    stream,
    async find(context, { id }) {
      const response = await call(context, { path: `${set}(${id})?$select=${column}` });
      return !isMissing(response) && accept(response).status < 300;
    },
    body,
    async send(context, addition) {
      const response = await call(context, {
        method: 'PATCH',
        path: `${set}(${addition.id})`,
        json: body(addition),
        headers: { 'if-none-match': '*' },
        effect: 'once',
      });
      return isKeyConflict(response) ? response : accept(response);
    },
  };
}

/** Text that is no number is sent as it is, and refused: null would clear the column. */
const toNumber = (value: string): number | string =>
  /^-?\d+$/.test(value) ? Number(value) : value;

type Request = Parameters<typeof send>[2];

const call = ({ http, settings }: Context, request: Request): Promise<WebApiResponse> =>
  send(http, buildUrl(settings, ''), request);

const get = async (context: Context, path: string): Promise<Record<string, unknown>> =>
  accept(await call(context, { path })).body;

/** The response, unless it is a refusal. */
function accept(response: WebApiResponse): WebApiResponse {
  const { status, code } = response;
  if (status < 300) return response;
  const reference = code === '' ? `HTTP ${status}` : `HTTP ${status}, ${code}`;
  if (isMissing(response))
    throw new RemoteError('gone', `The record was deleted there. (${reference})`, { status });
  throw new RemoteError('malformed', `It refused what was sent. (${reference})`, { status });
}

/** The options of a column. Those of a status belong to states, of which only the open one counts. */
async function listOptions(
  context: Context,
  table: string,
  { column, type }: Pick<Place['stage'], 'column' | 'type'>,
): Promise<Choice[]> {
  const sets = type === 'Status' ? ['OptionSet'] : ['OptionSet', 'GlobalOptionSet'];
  const expand = sets.map((set) => `${set}($select=Options)`).join(',');
  const attribute = await get(
    context,
    `EntityDefinitions(LogicalName='${table}')/Attributes(LogicalName='${column}')/` +
      `Microsoft.Dynamics.CRM.${type}AttributeMetadata?$select=LogicalName&$expand=${expand}`,
  );
  return sets
    .map((set) => toRows(toObject(attribute[set])['Options']))
    .flatMap((options) => options)
    .filter(({ State: state }) => state === undefined || toText(state) === OPEN)
    .flatMap(({ Value: value, Label: label }) => {
      const text = toText(value);
      const name = toText(toObject(toObject(label)['UserLocalizedLabel'])['Label']);
      return text === null ? [] : [{ value: text, label: name ?? text, when: { [STATE]: OPEN } }];
    });
}

/** Users who may own records. Teams, which may own them as well, are not offered. */
async function listUsers(context: Context): Promise<Choice[]> {
  const { value } = await get(context, 'systemusers?$select=systemuserid,fullname,isdisabled');
  return toRows(value)
    .filter(({ isdisabled }) => isdisabled !== true)
    .flatMap(({ systemuserid: id, fullname }) => {
      const [user, name] = [toText(id), toText(fullname)];
      return user === null ? [] : [{ value: user, label: name ?? user, when: { [STATE]: OPEN } }];
    });
}

const toRows = (value: unknown): Record<string, unknown>[] =>
  Array.isArray(value) ? value.map(toObject) : [];

function toText(value: unknown): string | null {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== '' ? value : null;
}
