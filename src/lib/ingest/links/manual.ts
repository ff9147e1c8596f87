import { and, eq, sql } from 'drizzle-orm';
import { recordAudit } from '../../identity/audit/record.ts';
import { retryInTenant } from '../../identity/tenancy/with-tenant.ts';
import { whereOwnAndLive } from '../../entities/lead/lookup.ts';
import { Problem } from '../../platform/errors.ts';
import { isId } from '../../platform/id.ts';
import type { Tx } from '../../platform/db/pool.ts';
import type { LinkEnd } from '../../records/link.ts';
import { isStorable } from '../../records/text.ts';
import { connections } from '../../schema/connections.ts';
import { externalLinks } from '../../schema/external-links.ts';
import { leads } from '../../schema/leads.ts';
import { applyDealCopies } from '../apply.ts';
import { lockDealCopies } from './deal-copies.ts';
import { matchDealsByName } from './names.ts';
import { toColumns, type NewLink } from './store.ts';

/** The lead on whose page a person decides, and who it is. */
export interface LinkDecision {
  tenantId: string;
  leadId: string;
  userId: string | null;
}

/** Longest id of a record at its source, in characters. */
const maxIdLength = 200;

/**
 * Links a lead with a record of a connected system: its company as its parent, everything else as
 * the same. The record need not have been read yet. Throws Problem: `not_found` for the lead,
 * `bad_request` for the record.
 */
export function linkLead(decision: LinkDecision, to: LinkEnd): Promise<void> {
  return decide(decision, async (tx, lead) => {
    const end = await checkTarget(tx, decision.tenantId, lead.end, to);
    const relation = end.entity === 'company' ? 'parent' : 'same';
    await deleteRejections(tx, decision.tenantId, { from: lead.end, to: end, relation });
    await storeManual(tx, decision, { from: lead.end, to: end, relation }, null);
    const matched = await matchDealsByName(
      tx,
      { tenantId: decision.tenantId, connectionId: lead.end.connectionId },
      [lead.name],
    );
    await recordDecision(tx, decision, 'link.added', end);
    return [lead.end, end, ...matched];
  });
}

/**
 * Says of a link that its two records are not linked, for ever: no push, system or match links them
 * again. Throws Problem `not_found` for the lead or the link.
 */
export function rejectLink(decision: LinkDecision, linkId: string): Promise<void> {
  return decide(decision, async (tx) => {
    const link = await findLink(tx, decision.tenantId, linkId);
    await storeManual(tx, decision, link, new Date());
    await recordDecision(tx, decision, 'link.rejected', link.to);
    return [link.from, link.to];
  });
}

/**
 * Takes back what a person said of two records; then counts what the other origins say. Throws
 * Problem `not_found` for the lead, or when nobody said anything.
 */
export function withdrawLink(decision: LinkDecision, linkId: string): Promise<void> {
  return decide(decision, async (tx) => {
    const { origin, ...link } = await findLink(tx, decision.tenantId, linkId);
    if (origin !== 'manual') throw noLink();
    await tx
      .delete(externalLinks)
      .where(and(eq(externalLinks.tenantId, decision.tenantId), eq(externalLinks.id, linkId)));
    await recordDecision(tx, decision, 'link.withdrawn', link.to);
    return [link.from, link.to];
  });
}

/** Runs `change` with the lead, and shows afterwards what stands by the links that it returns. */
function decide(
  { tenantId, leadId }: LinkDecision,
  change: (tx: Tx, lead: { end: LinkEnd; name: string }) => Promise<LinkEnd[]>,
): Promise<void> {
  return retryInTenant(tenantId, async (tx) => {
    await lockDealCopies(tx, tenantId);
    const [row] = isId(leadId)
      ? await tx
          .select({
            connectionId: leads.connectionId,
            externalId: leads.externalId,
            name: leads.name,
          })
          .from(leads)
          .where(and(eq(leads.tenantId, tenantId), eq(leads.id, leadId), whereOwnAndLive))
      : [];
    if (row === undefined)
      throw new Problem(
        'not_found',
        'This lead does not exist. It may have been deleted at its source.',
      );
    const { name, ...key } = row;
    await applyDealCopies(
      tx,
      tenantId,
      await change(tx, { end: { ...key, entity: 'lead' }, name }),
    );
  });
}

async function checkTarget(tx: Tx, tenantId: string, lead: LinkEnd, to: LinkEnd): Promise<LinkEnd> {
  const externalId = to.externalId.trim();
  if (externalId === '' || externalId.length > maxIdLength || !isStorable(externalId))
    throw new Problem('bad_request', 'Enter the id that the record has in the other system.');
  const [known] = isId(to.connectionId)
    ? await tx
        .select({ id: connections.id })
        .from(connections)
        .where(and(eq(connections.tenantId, tenantId), eq(connections.id, to.connectionId)))
    : [];
  if (known === undefined)
    throw new Problem('bad_request', 'Choose one of the connected systems of this workspace.');
  const end = { ...to, externalId };
  if (
    end.entity === 'lead' &&
    end.connectionId === lead.connectionId &&
    externalId === lead.externalId
  )
    throw new Problem('bad_request', 'This is the id of the lead itself. Enter that of another.');
  return end;
}

async function findLink(tx: Tx, tenantId: string, linkId: string) {
  const [row] = isId(linkId)
    ? await tx
        .select()
        .from(externalLinks)
        .where(and(eq(externalLinks.tenantId, tenantId), eq(externalLinks.id, linkId)))
    : [];
  if (row === undefined) throw noLink();
  return {
    origin: row.origin,
    relation: row.relation,
    from: {
      connectionId: row.fromConnectionId,
      entity: row.fromEntity,
      externalId: row.fromExternalId,
    },
    to: { connectionId: row.toConnectionId, entity: row.toEntity, externalId: row.toExternalId },
  };
}

const noLink = () =>
  new Problem('not_found', 'This link does not exist any more. Reload the page to see what is.');

async function storeManual(
  tx: Tx,
  { tenantId, userId }: LinkDecision,
  pair: NewLink,
  rejectedAt: Date | null,
): Promise<void> {
  const said = { createdAt: sql`now()`, createdBy: userId, rejectedAt };
  await tx
    .insert(externalLinks)
    .values({ tenantId, ...toColumns(pair), origin: 'manual', ...said })
    .onConflictDoUpdate({
      target: [
        externalLinks.tenantId,
        externalLinks.fromConnectionId,
        externalLinks.fromEntity,
        externalLinks.fromExternalId,
        externalLinks.toConnectionId,
        externalLinks.toEntity,
        externalLinks.toExternalId,
        externalLinks.relation,
        externalLinks.origin,
      ],
      set: said,
    });
}

/** Whoever links two records takes back that they are not, also where it was said the other way. */
async function deleteRejections(tx: Tx, tenantId: string, pair: NewLink): Promise<void> {
  const { from, to, relation } = pair;
  for (const columns of [toColumns(pair), toColumns({ from: to, to: from, relation })])
    await tx
      .delete(externalLinks)
      .where(
        and(
          eq(externalLinks.tenantId, tenantId),
          eq(externalLinks.origin, 'manual'),
          ...Object.entries(columns).map(([name, value]) =>
            eq(externalLinks[name as keyof typeof columns], value),
          ),
        ),
      );
}

const recordDecision = (
  tx: Tx,
  { tenantId, leadId }: LinkDecision,
  action: 'link.added' | 'link.rejected' | 'link.withdrawn',
  { connectionId, entity, externalId }: LinkEnd,
): Promise<void> =>
  recordAudit(tx, {
    tenantId,
    action,
    target: { type: 'lead', id: leadId },
    after: { connectionId, entity, externalId },
  });
