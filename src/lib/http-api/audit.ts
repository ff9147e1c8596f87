import { z } from 'zod';
import { actorKinds } from '../schema/audit.ts';
import { areDaysInOrder, auditFilterFields, daysProblem } from '../views/audit/filter.ts';
import type { AuditRow } from '../views/audit/queries.ts';
import { getAuditView } from '../views/audit/view.ts';
import type { Workspace } from '../views/workspace.ts';
import { instant } from './codec.ts';
import { tenantParameter } from './tenant.ts';

export const auditQuery = z
  .object({
    tenant: tenantParameter,
    ...auditFilterFields,
    limit: z.coerce.number().int().min(1).max(200).default(50),
  })
  .refine(areDaysInOrder, daysProblem);

const fields = z.record(z.string(), z.unknown()).nullable();

const event = z.object({
  id: z.uuid(),
  at: instant,
  action: z.string().describe('Such as member.role_changed.'),
  title: z.string().describe('The action in words.'),
  actor: z.object({
    kind: z.enum(actorKinds),
    id: z.uuid().nullable(),
    name: z.string().nullable().describe('The name of the account today.'),
    account: z
      .string()
      .nullable()
      .describe('The e-mail address at the time, or the name of the operator.'),
  }),
  address: z.string().nullable().describe('The network address that the request came from.'),
  userAgent: z.string().nullable(),
  requestId: z.string().nullable(),
  target: z.object({
    type: z.string().nullable(),
    id: z.string().nullable(),
    label: z.string().nullable(),
  }),
  before: fields.describe('The changed fields as they were.'),
  after: fields.describe('The changed fields as they are, or what else was recorded.'),
});

/** The response of GET /api/audit, newest first. */
export const auditResponse = z.object({
  events: z.array(event),
  total: z
    .int()
    .min(0)
    .describe('Number of matching events; a lower bound when totalIsFloor is true.'),
  totalIsFloor: z.boolean(),
  next: z.string().nullable().describe('Cursor of the next page; null on the last one.'),
});

/** Reads the events that a query selects, as of one moment. */
export async function getAuditEvents(
  workspace: Workspace,
  { tenant: _tenant, limit, ...filter }: z.output<typeof auditQuery>,
): Promise<z.output<typeof auditResponse>> {
  const { events } = await getAuditView(workspace, filter, limit);
  const { total, totalIsFloor, next } = events;
  return { events: events.rows.map(toEvent), total, totalIsFloor, next };
}

const toEvent = (row: AuditRow): z.output<typeof event> => ({
  ...row,
  actor: { kind: row.actorKind, id: row.actorId, name: row.actorName, account: row.actorLabel },
  target: { type: row.targetType, id: row.targetId, label: row.targetLabel },
});
