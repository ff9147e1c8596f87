import { and, asc, count, eq, gt, ilike, inArray, or } from 'drizzle-orm';
import { globalDb } from '../../platform/db/database.ts';
import { toLikePattern } from '../../platform/db/like.ts';
import { isId } from '../../platform/id.ts';
import { tenants } from '../../schema/tenants.ts';
import { memberships, sessions, staffGrants, users } from '../../schema/identity.ts';

/** An account as staff and operators see it. */
export interface PersonView {
  id: string;
  name: string;
  email: string;
  twoFactorEnabled: boolean;
  disabledAt: Date | null;
  /** Null before the first sign-in. */
  lastSignInAt: Date | null;
  createdAt: Date;
  /** The workspaces that the person is a member of, by name. */
  workspaces: { name: string; slug: string; role: string }[];
  /** The workspaces of a staff member; `all` for every one. Empty for others. */
  staffOf: 'all' | string[];
}

const pageSize = 50;

export interface PeoplePage {
  people: PersonView[];
  /** How many accounts match. */
  total: number;
  /** The address behind which the next page begins; null on the last. */
  next: string | null;
}

/**
 * Fifty accounts behind the e-mail address `after`, by address; `search` matches name and address.
 * The caller has checked that the person is staff of every workspace, or an operator.
 */
export async function listPeople({ search = '', after = '' } = {}): Promise<PeoplePage> {
  const pattern = toLikePattern(search.trim());
  const matching = or(ilike(users.name, pattern), ilike(users.email, pattern));
  const [rows, [counted]] = await Promise.all([
    globalDb()
      .select()
      .from(users)
      .where(and(matching, gt(users.email, after)))
      .orderBy(asc(users.email))
      .limit(pageSize + 1),
    globalDb().select({ total: count() }).from(users).where(matching),
  ]);
  const shown = rows.slice(0, pageSize);
  return {
    people: await describe(shown),
    total: counted?.total ?? 0,
    next: rows.length > pageSize ? (shown.at(-1)?.email ?? null) : null,
  };
}

/** One account with the number of its sessions; undefined if there is none with this id. */
export async function findPerson(
  id: string,
): Promise<(PersonView & { sessions: number }) | undefined> {
  if (!isId(id)) return undefined;
  const [person] = await describe(await globalDb().select().from(users).where(eq(users.id, id)));
  if (person === undefined) return undefined;
  const [open] = await globalDb()
    .select({ sessions: count() })
    .from(sessions)
    .where(and(eq(sessions.userId, id), gt(sessions.expiresAt, new Date())));
  return { ...person, sessions: open?.sessions ?? 0 };
}

async function describe(rows: (typeof users.$inferSelect)[]): Promise<PersonView[]> {
  if (rows.length === 0) return [];
  const ids = rows.map(({ id }) => id);
  const [members, grants] = await Promise.all([selectMemberships(ids), selectGrants(ids)]);
  return rows.map(({ id, name, email, twoFactorEnabled, disabledAt, lastSignInAt, createdAt }) => {
    const own = grants.filter(({ userId }) => userId === id);
    return {
      id,
      name,
      email,
      twoFactorEnabled: twoFactorEnabled === true,
      disabledAt,
      lastSignInAt,
      createdAt,
      workspaces: members
        .filter(({ userId }) => userId === id)
        .map(({ workspace, slug, role }) => ({ name: workspace, slug, role })),
      staffOf: own.some(({ tenantId }) => tenantId === null)
        ? 'all'
        : own.map(({ workspace }) => workspace ?? ''),
    };
  });
}

function selectMemberships(userIds: string[]) {
  return globalDb()
    .select({
      userId: memberships.userId,
      role: memberships.role,
      workspace: tenants.name,
      slug: tenants.slug,
    })
    .from(memberships)
    .innerJoin(tenants, eq(tenants.id, memberships.organizationId))
    .where(inArray(memberships.userId, userIds))
    .orderBy(asc(tenants.name));
}

function selectGrants(userIds: string[]) {
  return globalDb()
    .select({
      userId: staffGrants.userId,
      tenantId: staffGrants.tenantId,
      workspace: tenants.name,
    })
    .from(staffGrants)
    .leftJoin(tenants, eq(tenants.id, staffGrants.tenantId))
    .where(inArray(staffGrants.userId, userIds))
    .orderBy(asc(tenants.name));
}
