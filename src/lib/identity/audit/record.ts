import { isDeepStrictEqual } from 'node:util';
import { eq } from 'drizzle-orm';
import { globalDb } from '../../platform/db/database.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { newId } from '../../platform/id.ts';
import { scrub } from '../../platform/secrets.ts';
import { auditEvents } from '../../schema/audit.ts';
import { memberships, users } from '../../schema/identity.ts';
import type { AuditAction } from './actions.ts';
import { currentActor, type AuditActor } from './context.ts';

export interface AuditEntry {
  action: AuditAction;
  /** What was changed or used. */
  target?: { type: string; id?: string | null; label?: string | null };
  /** The changed fields, as they were and as they are. Never pass a secret. */
  before?: Record<string, unknown>;
  after?: Record<string, unknown>;
  /** Instead of the person of the request, where that one is only just being determined. */
  actor?: Partial<AuditActor>;
}

/** Stored in place of a value whose field is named like a secret. */
const hidden = '•••';
const secretName = /secret|password|token|api.?key|authorization|credential|code$/i;
/** Longer texts are cut: an event says what changed, and is no copy of the data. */
const maxTextLength = 500;

/**
 * Records an event of a workspace (null: of none) in the transaction of the change, so that both
 * happen or neither.
 */
export async function recordAudit(
  tx: Tx,
  { tenantId, ...entry }: AuditEntry & { tenantId: string | null },
): Promise<void> {
  await tx.insert(auditEvents).values(toRow(tenantId, entry));
}

/** As `recordAudit`, about the account of a user, whose address labels it. */
export async function recordAboutUser(
  tx: Tx,
  userId: string,
  entry: Omit<AuditEntry, 'target'> & { tenantId: string | null },
): Promise<void> {
  const [user] = await tx.select({ email: users.email }).from(users).where(eq(users.id, userId));
  const target = { type: 'account', id: userId, label: user?.email ?? null };
  await recordAudit(tx, { ...entry, target });
}

/**
 * Records an event about an account in the log of each workspace that the account belongs to, whose
 * admins answer for it; in that of the installation when it belongs to none.
 */
export async function recordAccountAudit(
  tx: Tx,
  account: { id: string; email: string },
  entry: AuditEntry,
): Promise<void> {
  const rows = await tx
    .select({ tenantId: memberships.organizationId })
    .from(memberships)
    .where(eq(memberships.userId, account.id));
  const tenantIds = rows.length === 0 ? [null] : rows.map(({ tenantId }) => tenantId);
  const target = entry.target ?? { type: 'account', id: account.id, label: account.email };
  await tx
    .insert(auditEvents)
    .values(tenantIds.map((tenantId) => toRow(tenantId, { ...entry, target })));
}

/**
 * Like `recordAccountAudit`, after a change that the sign-in library made in a transaction of its
 * own.
 */
export function noteAccountChange(
  account: { id: string; email: string },
  entry: AuditEntry,
): Promise<void> {
  return globalDb().transaction((tx) => recordAccountAudit(tx, account, entry));
}

/** Like `recordAudit`, after a change that was made in transactions of its own. */
export function noteChange(tenantId: string | null, entry: AuditEntry): Promise<void> {
  return globalDb().transaction((tx) => recordAudit(tx, { tenantId, ...entry }));
}

function toRow(
  tenantId: string | null,
  { action, target, before, after, actor }: AuditEntry,
): typeof auditEvents.$inferInsert {
  const by = { ...currentActor(), ...actor };
  return {
    id: newId(),
    tenantId,
    actorKind: by.kind,
    actorId: by.id,
    actorLabel: clean(by.label),
    address: clean(by.address),
    userAgent: clean(by.userAgent),
    requestId: by.requestId,
    action,
    targetType: target?.type ?? null,
    targetId: target?.id ?? null,
    targetLabel: clean(target?.label ?? null),
    before: hideSecrets(before) ?? null,
    after: hideSecrets(after) ?? null,
  };
}

/**
 * The fields in which two versions of a row differ, as `recordAudit` takes them; one that a version
 * lacks is null in it. Pure.
 */
export function changedFields(
  before: Record<string, unknown>,
  after: Record<string, unknown>,
): Required<Pick<AuditEntry, 'before' | 'after'>> {
  const all = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  const names = all.filter((name) => !isDeepStrictEqual(before[name], after[name]));
  const pick = (row: Record<string, unknown>) =>
    Object.fromEntries(names.map((name) => [name, row[name] ?? null]));
  return { before: pick(before), after: pick(after) };
}

/** The value without what its name or the list of known secrets marks as secret. Pure. */
function hideSecrets(value: unknown, name = ''): unknown {
  if (value === undefined || value === null) return value;
  if (secretName.test(name)) return hidden;
  if (typeof value === 'string') return clean(value);
  if (value instanceof Date) return value;
  if (Array.isArray(value)) return value.map((each) => hideSecrets(each));
  if (typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, hideSecrets(each, key)]),
  );
}

function clean(text: string | null): string | null {
  if (text === null) return null;
  const safe = scrub(text).replaceAll('\0', '');
  return safe.length > maxTextLength ? `${safe.slice(0, maxTextLength)}…` : safe;
}
