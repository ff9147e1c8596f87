import { and, desc, eq, getTableColumns, isNull, sql } from 'drizzle-orm';
import { listConnections } from '../../connections/connections.ts';
import { currentActor } from '../../identity/audit/context.ts';
import { recordAudit } from '../../identity/audit/record.ts';
import { readTenant, withTenant } from '../../identity/tenancy/with-tenant.ts';
import { Problem } from '../../platform/errors.ts';
import { isId } from '../../platform/id.ts';
import { erasures } from '../../schema/erasures.ts';

/** The receipt of an erasure. It holds nothing of the person. */
export type Erasure = Omit<typeof erasures.$inferSelect, 'position' | 'tenantId'>;

/** What an admin hands to the person: the erasure, and what is left in plain words. */
export interface Receipt {
  erasure: Erasure;
  remains: string[];
}

const { position: _position, tenantId: _tenantId, ...columns } = getTableColumns(erasures);

/** The newest erasures of a workspace. */
export function listErasures(tenantId: string): Promise<Erasure[]> {
  return readTenant(tenantId, (tx) =>
    tx
      .select(columns)
      .from(erasures)
      .where(eq(erasures.tenantId, tenantId))
      .orderBy(desc(erasures.requestedAt), desc(erasures.id))
      .limit(200),
  );
}

/** Throws Problem `not_found`. */
export async function getErasure(tenantId: string, id: string): Promise<Erasure> {
  const rows = isId(id)
    ? await readTenant(tenantId, (tx) =>
        tx
          .select(columns)
          .from(erasures)
          .where(and(eq(erasures.tenantId, tenantId), eq(erasures.id, id))),
      )
    : [];
  if (rows[0] === undefined)
    throw new Problem('not_found', 'There is no such erasure in this workspace.');
  return rows[0];
}

/** Throws Problem `not_found`. */
export async function getReceipt(tenantId: string, id: string): Promise<Receipt> {
  const erasure = await getErasure(tenantId, id);
  const systems = (await listConnections(tenantId)).map(({ label }) => label);
  return { erasure, remains: describeRemains(systems) };
}

function describeRemains(systems: readonly string[]): string[] {
  const where = systems.length === 0 ? 'The connected systems' : systems.join(', ');
  return [
    `${where}: the person is still stored there, and has to be erased there as well.`,
    'Backups of the database, until they expire. After one is restored, the erasure is applied ' +
      'to it again (tributary person repeat).',
    'Keyed digests of addresses, numbers, names and ids, by which the person is kept out of later ' +
      'syncs. They cannot be turned back into what they stand for.',
    'Names and telephone numbers that another lead or contact of the workspace has too, where ' +
      'they stand without the address.',
    'The audit log of the workspace, which is never changed and expires by itself.',
  ];
}

/**
 * Lets a person in again: what their systems send of them is stored from the next sync on. Throws
 * Problem: `not_found`, or `conflict` when that has happened already.
 */
export async function liftErasure(tenantId: string, id: string): Promise<void> {
  const erasure = await getErasure(tenantId, id);
  const { id: by, label, kind } = currentActor();
  await withTenant(tenantId, async (tx) => {
    const lifted = await tx
      .update(erasures)
      .set({ liftedAt: sql`now()`, liftedBy: by, liftedByName: label ?? kind })
      .where(
        and(
          eq(erasures.tenantId, tenantId),
          eq(erasures.id, erasure.id),
          isNull(erasures.liftedAt),
        ),
      )
      .returning({ id: erasures.id });
    if (lifted.length === 0)
      throw new Problem('conflict', 'This person was taken off the list already.');
    await recordAudit(tx, {
      tenantId,
      action: 'person.readmitted',
      target: { type: 'erasure', id: erasure.id },
    });
  });
}
