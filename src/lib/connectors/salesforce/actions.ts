import { RemoteError } from '../../platform/http/errors.ts';
import type { HttpRequest } from '../../platform/http/types.ts';
import type {
  ActionDefinition,
  AddAction,
  Addition,
  ChangeAction,
  Choice,
  CurrentItem,
  WriteContext,
} from '../contract/actions.ts';
import { toObject, tryParseJson } from '../kit/json.ts';
import { toMark } from '../kit/marks.ts';
import { exchange, isMissing, type RestResponse } from './destination/rest.ts';
import { normalizeId } from './ids.ts';
import type { SalesforceSettings } from './settings.ts';
import { buildQuery, formatText } from './soql.ts';

type Context = WriteContext<SalesforceSettings>;
type Change = ChangeAction<SalesforceSettings>;
type Add = AddAction<SalesforceSettings>;

/** An object whose records have actions. */
interface Place {
  stream: 'leads' | 'opportunities';
  object: 'Lead' | 'Opportunity';
  /** The field of a task that names such a record. */
  taskField: 'WhoId' | 'WhatId';
}

const LEADS: Place = { stream: 'leads', object: 'Lead', taskField: 'WhoId' };
const OPPORTUNITIES: Place = {
  stream: 'opportunities',
  object: 'Opportunity',
  taskField: 'WhatId',
};

/** Characters of a title of a classic note, and of its text with the mark. */
const MAX_TITLE = 80;
const MAX_BODY = 31_000;

/** A converted lead is read-only. */
const CONVERTED = 'IsConverted';

/** What people may do to leads and opportunities. */
export const actions: readonly ActionDefinition<SalesforceSettings>[] = [
  changeField(LEADS, 'Status', 'Status', listLeadStatuses),
  changeField(LEADS, 'OwnerId', 'Owner', (context) => listUsers(context)),
  addNote(LEADS),
  addTask(LEADS),
  changeField(OPPORTUNITIES, 'StageName', 'Stage', listStages),
  changeField(OPPORTUNITIES, 'OwnerId', 'Owner', (context) => listUsers(context)),
  addNote(OPPORTUNITIES),
  addTask(OPPORTUNITIES),
];

/**
 * Sets one field on the condition that nobody has changed the record since the second of the version
 * that was read. Picklists take any text through the API, so the value has to be one of the list.
 * Source:
 * https://developer.salesforce.com/docs/platform/api-rest/guide/intro-rest-conditional-requests.md
 */
function changeField(
  { stream, object }: Place,
  field: 'Status' | 'StageName' | 'OwnerId',
  label: string,
  choices: Required<Change>['choices'],
): Change {
  const facts = object === 'Lead' ? [CONVERTED] : [];
  const pick = (row: Record<string, unknown>): Omit<CurrentItem, 'tag'> => ({
    state: { [field]: toText(row[field]) },
    facts: Object.fromEntries(facts.map((name) => [name, toText(row[name])])),
  });
  const isOwner = field === 'OwnerId';
  return {
    kind: 'change',
    key: isOwner ? 'owner' : 'stage',
    label: isOwner ? 'Change the owner' : 'Change the stage',
    stream,
    field: { name: field, label, kind: 'choice' },
    choices,
    current: (item) => pick(toObject(item)),
    async read(context, id) {
      const [row] = await select(context, {
        object,
        select: ['Id', 'LastModifiedDate', field, ...facts],
        conditions: [`Id = ${formatText(id)}`],
      });
      if (row === undefined) throw new RemoteError('gone', 'The record was deleted there.');
      return { ...pick(row), tag: toText(row['LastModifiedDate']) };
    },
    body: (wanted) => wanted,
    async send(context, { externalId, wanted, tag }) {
      if (!(await choices(context)).some(({ value }) => value === wanted[field]))
        throw new RemoteError('gone', 'It does not list this value any more. Choose another one.');
      const headers = {
        // Assignment rules would give the record to somebody whom nobody asked for.
        'sforce-auto-assign': 'FALSE',
        ...(tag !== null && { 'if-unmodified-since': new Date(tag).toUTCString() }),
      };
      return write(context, {
        method: 'PATCH',
        path: `sobjects/${object}/${externalId}`,
        json: wanted,
        headers,
        effect: 'once',
      });
    },
  };
}

/**
 * Adds a classic note, which one request creates; the newer kind takes two, of which the second may
 * fail. Source: https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta (Note)
 */
function addNote(place: Place): Add {
  return {
    ...addRecord(place, { object: 'Note', parent: 'ParentId', text: 'Body' }, (addition) => ({
      Title: toTitle(addition.values['text'] ?? ''),
      Body: toMarkedText(addition),
    })),
    key: 'note',
    label: 'Add a note',
    fields: [{ name: 'text', label: 'Note', kind: 'text', max: MAX_BODY }],
  };
}

/** Source: https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta (Task) */
function addTask(place: Place): Add {
  const at = { object: 'Task', parent: place.taskField, text: 'Description' };
  return {
    ...addRecord(place, at, (addition) => ({
      Subject: addition.values['subject'] ?? '',
      ...(addition.values['due'] !== undefined && { ActivityDate: addition.values['due'] }),
      Description: toMarkedText(addition),
    })),
    key: 'task',
    label: 'Add a task',
    fields: [
      { name: 'subject', label: 'Task', kind: 'line', max: 255 },
      { name: 'due', label: 'Due on', kind: 'day', optional: true },
      { name: 'text', label: 'Details', kind: 'text', max: MAX_BODY, optional: true },
    ],
  };
}

function addRecord(
  { stream }: Place,
  { object, parent, text }: { object: string; parent: string; text: string },
  toFields: (addition: Addition) => object,
): Pick<Add, 'kind' | 'stream' | 'find' | 'body' | 'send'> {
  const body: Add['body'] = (addition) => ({
    ...toFields(addition),
    [parent]: addition.externalId,
  });
  return {
    kind: 'add',
    stream,
    // Long texts cannot be compared in a query, so the newest 2,000 are looked through here. No
    // time bounds them, because the clocks of both systems need not agree.
    async find(context, { id, externalId }) {
      const rows = await select(context, {
        object,
        select: ['Id', text],
        conditions: [`${parent} = ${formatText(externalId)}`],
        order: ['CreatedDate DESC'],
      });
      return rows.some((row) => toText(row[text])?.includes(toMark(id)) === true);
    },
    body,
    send: (context, addition) =>
      write(context, { method: 'POST', path: `sobjects/${object}`, json: body(addition) }),
  };
}

function toTitle(text: string): string {
  const [line = ''] = text.split(/\r?\n/);
  return line.length > MAX_TITLE ? `${line.slice(0, MAX_TITLE - 1)}…` : line;
}

const toMarkedText = ({ values, id }: Addition): string =>
  [values['text'], toMark(id)].filter((part) => part !== undefined).join('\n\n');

async function listLeadStatuses(context: Context): Promise<Choice[]> {
  const response = accept(await exchange(context, { path: 'sobjects/Lead/describe' }));
  const { fields } = toObject(tryParseJson(response.body));
  const status = toRows(fields).find(({ name }) => name === 'Status');
  return toRows(status?.['picklistValues'])
    .filter(({ active }) => active !== false)
    .flatMap(({ value, label }) => toChoice(value, label))
    .map((choice) => ({ ...choice, when: { [CONVERTED]: 'false' } }));
}

async function listStages(context: Context): Promise<Choice[]> {
  const rows = await select(context, {
    object: 'OpportunityStage',
    select: ['ApiName', 'MasterLabel'],
    conditions: ['IsActive = true'],
    order: ['SortOrder'],
  });
  return rows.flatMap(({ ApiName: name, MasterLabel: label }) => toChoice(name ?? label, label));
}

/** Users who may own records: the first 2,000, which is one page. Queues are not offered. */
async function listUsers(context: Context): Promise<Choice[]> {
  const rows = await select(context, {
    object: 'User',
    select: ['Id', 'Name'],
    conditions: ['IsActive = true'],
    order: ['Name'],
  });
  return rows.flatMap(({ Id: id, Name: name }) => toChoice(normalizeId(String(id)), name));
}

function toChoice(value: unknown, label: unknown): Choice[] {
  const text = toText(value);
  return text === null ? [] : [{ value: text, label: toText(label) ?? text }];
}

async function select(
  context: Context,
  { order = [], ...parts }: Omit<Parameters<typeof buildQuery>[0], 'order'> & { order?: string[] },
): Promise<Record<string, unknown>[]> {
  const q = encodeURIComponent(buildQuery({ ...parts, order }));
  const response = accept(await exchange(context, { path: `query?q=${q}` }));
  const { records } = toObject(tryParseJson(response.body));
  if (Array.isArray(records)) return toRows(records);
  throw new RemoteError('malformed', 'Salesforce returned something that is not a list.');
}

const write = async (
  context: Context,
  request: Omit<HttpRequest, 'url'> & { path: string },
): Promise<RestResponse> => accept(await exchange(context, request));

/** The response, unless it is a refusal. */
function accept(response: RestResponse): RestResponse {
  const { status, code } = response;
  if (status < 300) return response;
  const reference = /^[A-Z_]{1,60}$/.test(code) ? `HTTP ${status}, ${code}` : `HTTP ${status}`;
  if (isMissing(response))
    throw new RemoteError('gone', `The record was deleted there. (${reference})`, { status });
  throw new RemoteError('malformed', `It refused what was sent. (${reference})`, { status });
}

const toRows = (value: unknown): Record<string, unknown>[] =>
  Array.isArray(value) ? value.map(toObject) : [];

function toText(value: unknown): string | null {
  if (typeof value === 'boolean') return String(value);
  return typeof value === 'string' && value !== '' ? value : null;
}
