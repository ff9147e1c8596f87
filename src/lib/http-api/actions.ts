import { z } from 'zod';
import { refreshChoices } from '../outbound/actions/choices.ts';
import type { ActionEntity, ActionTarget } from '../outbound/actions/record.ts';
import { cancelAction, requestAction } from '../outbound/actions/request.ts';
import { actionKeys } from '../records/actions.ts';
import { getActionsView } from '../views/actions.ts';
import type { Workspace } from '../views/workspace.ts';
import { instant, parseBody, parseQuery, toJsonResponse } from './codec.ts';
import type { Endpoint } from './endpoint.ts';
import { tenantParameter } from './tenant.ts';

const actionsQuery = z.object({ tenant: tenantParameter });
const field = z.object({
  name: z.string(),
  label: z.string(),
  kind: z.enum(['choice', 'line', 'text', 'day', 'moment']),
  max: z.int().optional(),
  optional: z.literal(true).optional(),
});
const outcome = z.object({
  id: z.uuid(),
  action: z.enum(actionKeys),
  outcome: z
    .enum(['sent', 'waiting', 'done', 'conflict', 'withdrawn', 'refused', 'failed', 'unknown'])
    .describe(
      'sent: under way. waiting: sent at nextAttemptAt. conflict: the record is something else ' +
        'now, nothing was written. unknown: sent, but nobody knows whether it arrived; check there.',
    ),
  wanted: z.string().describe('What was asked for; long texts are cut.'),
  found: z.string().nullable().describe('After a conflict: what the source has.'),
  message: z.string().nullable().describe('What happened, in words, while it is not done.'),
  requestedAt: instant,
  requestedBy: z.string().nullable(),
  nextAttemptAt: instant.nullable(),
  isPending: z
    .boolean()
    .describe('The source has taken it, and the sync that brings it here is still to come.'),
  mayCancel: z.boolean(),
});

/** The response of every endpoint about actions. */
const actionsResponse = z.object({
  source: z.string(),
  actions: z.array(
    z.object({
      key: z.enum(actionKeys),
      label: z.string(),
      fields: z.array(field),
      choices: z
        .array(z.object({ value: z.string(), label: z.string() }))
        .nullable()
        .describe('What may be chosen; null before the lists of the source were read.'),
      current: z.string().nullable(),
    }),
  ),
  outcomes: z.array(outcome).describe('Newest first, at most ten.'),
  choicesReadAt: instant.nullable(),
});

const actionBody = z.strictObject({
  action: z.enum(actionKeys),
  values: z
    .record(z.string().max(100), z.string().max(70_000))
    .describe('By the names of the fields of the action.'),
  id: z.uuid().optional().describe('Chosen by the caller: sending it again has no effect.'),
  over: z
    .uuid()
    .optional()
    .describe('The action that ended in a conflict, to write over what was found then.'),
});
const cancelBody = z.strictObject({ id: z.uuid() });

interface Caller extends Workspace {
  user: { id: string };
}
interface Call {
  url: URL;
  params: Record<string, string | undefined>;
  request: Request;
}
type Handler = (call: Call, access: Caller) => Promise<Response>;

/** The handlers of the endpoints below the records of an entity. */
export function actionHandlers(
  entity: ActionEntity,
): Record<'read' | 'request' | 'cancel' | 'refresh', Handler> {
  const begin = ({ url, params }: Call): ActionTarget => {
    parseQuery(actionsQuery, url.searchParams);
    return { entity, id: params['id'] ?? '' };
  };
  const respond = async (access: Caller, target: ActionTarget, status = 200) =>
    toJsonResponse(actionsResponse, toWire(await getActionsView(access, target)), status);
  return {
    read: (call, access) => respond(access, begin(call)),
    async request(call, access) {
      const target = begin(call);
      const asked = await parseBody(actionBody, call.request);
      await requestAction(access.tenant.id, target, asked, access.user.id);
      return respond(access, target, 202);
    },
    async cancel(call, access) {
      const target = begin(call);
      const { id } = await parseBody(cancelBody, call.request);
      await cancelAction(access.tenant.id, target, id);
      return respond(access, target);
    },
    async refresh(call, access) {
      const target = begin(call);
      await refreshChoices(access.tenant.id, target);
      return respond(access, target);
    },
  };
}

type View = Awaited<ReturnType<typeof getActionsView>>;
const toWire = ({ actions, ...view }: View): z.output<typeof actionsResponse> => ({
  ...view,
  actions: actions.map(({ fields, ...action }) => ({ ...action, fields: [...fields] })),
});

const response = {
  status: 200,
  name: 'Actions',
  schema: actionsResponse,
  description: 'What may be done to the record at its source, and what became of the last actions.',
};

const endpointsOf = (records: string, record: string): Endpoint[] => [
  {
    method: 'get',
    path: `/api/${records}/{id}/actions`,
    role: 'viewer',
    query: actionsQuery,
    problems: [],
    summary: `What may be done to ${record} at its source, and the outcomes`,
    response,
  },
  {
    method: 'post',
    path: `/api/${records}/{id}/actions`,
    role: 'member',
    query: actionsQuery,
    body: actionBody,
    problems: ['conflict'],
    summary: `Change ${record} at its source, or add a note or a task; safe to repeat with an id`,
    response: { ...response, status: 202 },
  },
  {
    method: 'post',
    path: `/api/${records}/{id}/actions/cancel`,
    role: 'member',
    query: actionsQuery,
    body: cancelBody,
    problems: ['conflict'],
    summary: 'Take back an action that is waiting',
    response,
  },
  {
    method: 'post',
    path: `/api/${records}/{id}/actions/choices`,
    role: 'member',
    query: actionsQuery,
    problems: ['conflict'],
    summary: 'Read the stages and owners that the source lists, now',
    response,
  },
];

/** The endpoints about actions. */
export const actionEndpoints: Endpoint[] = [
  ...endpointsOf('leads', 'a lead'),
  ...endpointsOf('opportunities', 'an opportunity'),
];
