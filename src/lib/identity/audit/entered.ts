import { sql } from 'drizzle-orm';
import { withTenant } from '../tenancy/with-tenant.ts';
import { auditEvents } from '../../schema/audit.ts';
import type { Access } from '../auth/access.ts';
import { currentActor } from './context.ts';
import { recordAudit } from './record.ts';

/** Visits that this process has recorded, oldest first: most requests need no look at the log. */
const known = new Set<string>();
const maxKnown = 10_000;

/**
 * Records that staff entered a workspace, once in a session: an agency's visit is of interest to
 * the client, each of its pages is not.
 */
export async function recordEntry({ tenant }: Access, sessionId: string): Promise<void> {
  const visit = `${sessionId}/${tenant.id}`;
  if (known.has(visit)) return;
  await withTenant(tenant.id, async (tx) => {
    const actorId = currentActor().id;
    const [found] = await tx
      .select({ id: auditEvents.id })
      .from(auditEvents)
      .where(
        sql`${auditEvents.tenantId} = ${tenant.id} and ${auditEvents.action} = 'workspace.entered'
          and ${auditEvents.actorId} = ${actorId} and ${auditEvents.targetId} = ${sessionId}`,
      )
      .limit(1);
    if (found !== undefined) return;
    await recordAudit(tx, {
      tenantId: tenant.id,
      action: 'workspace.entered',
      target: { type: 'session', id: sessionId },
    });
  });
  if (known.size >= maxKnown) known.delete(known.values().next().value ?? '');
  known.add(visit);
}
