import { hashPassword } from 'better-auth/crypto';
import { eq } from 'drizzle-orm';
import { z } from 'zod';
import { globalDb, withOwner } from '../../platform/db/database.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { newId } from '../../platform/id.ts';
import { findTenant, type Tenant } from '../tenancy/tenants.ts';
import { recordAudit } from '../audit/record.ts';
import {
  emailField,
  fieldProblem,
  nameField,
  newPasswordField,
  parseInput,
  roleField,
  slugField,
} from './input.ts';
import { requireStrongPassword } from './password-strength.ts';
import { createResetLink } from './password-reset.ts';
import type { MemberRole } from './roles.ts';
import { accounts, memberships, staffGrants, users } from '../../schema/identity.ts';

export type User = typeof users.$inferSelect;

const newUser = z.object({
  email: emailField,
  name: nameField.optional(),
  password: newPasswordField.optional(),
  tenantSlug: slugField.optional(),
  role: roleField.default('viewer'),
  /** true: every tenant; a list: the tenants with these slugs. */
  staff: z.union([z.boolean(), z.array(slugField)]).default(false),
});
export type NewUser = z.input<typeof newUser>;

export interface CreatedUser {
  user: User;
  /** Link for setting a password if none was given; valid for a week. */
  setPasswordUrl?: string;
}

const firstLinkSeconds = 7 * 24 * 60 * 60;

/** Creates an account with its membership or staff grants. Only for operators; no page uses it. */
export async function createUser(input: NewUser): Promise<CreatedUser> {
  const {
    email,
    name = email.split('@')[0] ?? email,
    password,
    tenantSlug,
    role,
    staff,
  } = parseInput(newUser, input);
  const tenant =
    tenantSlug === undefined ? undefined : await requireTenant(tenantSlug, 'tenantSlug');
  const grants = await resolveStaffTenants(staff);
  if (password !== undefined) await requireStrongPassword('password', password, [email, name]);
  const passwordHash = password === undefined ? undefined : await hashPassword(password);
  const createIn = async (tx: Tx): Promise<User> => {
    const created = await insertUser(tx, { email, name, passwordHash });
    if (tenant !== undefined) await insertMembership(tx, tenant.id, created.id, role);
    const target = { type: 'account', id: created.id, label: created.email };
    await recordAudit(tx, {
      tenantId: tenant?.id ?? null,
      action: 'account.created',
      target,
      ...(tenant !== undefined && { after: { role } }),
    });
    for (const tenantId of grants) {
      await tx.insert(staffGrants).values({ id: newId(), userId: created.id, tenantId });
      await recordAudit(tx, { tenantId, action: 'staff.granted', target });
    }
    return created;
  };
  // The app role may only read grants.
  const user = await (grants.length === 0
    ? globalDb().transaction(createIn)
    : withOwner((db) => db.transaction(createIn)));
  if (passwordHash !== undefined) return { user };
  return { user, setPasswordUrl: await createResetLink(user.id, firstLinkSeconds) };
}

export async function findUserByEmail(email: string): Promise<User | undefined> {
  const rows = await globalDb()
    .select()
    .from(users)
    .where(eq(users.email, email.trim().toLowerCase()));
  return rows[0];
}

/**
 * Inserts a user, who cannot sign in without a password hash. Throws Problem `conflict` for an
 * address that is already in use.
 */
export async function insertUser(
  tx: Tx,
  values: { email: string; name: string; passwordHash: string | undefined },
): Promise<User> {
  const { email, name, passwordHash } = values;
  const [user] = await tx
    .insert(users)
    .values({ id: newId(), email, name, emailVerified: true })
    .onConflictDoNothing({ target: users.email })
    .returning();
  if (user === undefined)
    throw fieldProblem('conflict', 'email', `There is already an account for ${email}.`);
  if (passwordHash !== undefined) {
    await tx.insert(accounts).values({
      id: newId(),
      userId: user.id,
      providerId: 'credential',
      accountId: user.id,
      password: passwordHash,
    });
  }
  return user;
}

/** Adds a membership unless there is one. Returns whether it was added. */
export async function insertMembership(
  tx: Tx,
  tenantId: string,
  userId: string,
  role: MemberRole,
): Promise<boolean> {
  const rows = await tx
    .insert(memberships)
    .values({ id: newId(), organizationId: tenantId, userId, role })
    .onConflictDoNothing({ target: [memberships.organizationId, memberships.userId] })
    .returning({ id: memberships.id });
  return rows.length === 1;
}

export async function requireTenant(slug: string, field: string): Promise<Tenant> {
  const tenant = await findTenant(slug);
  if (tenant === undefined)
    throw fieldProblem('bad_request', field, `There is no workspace with the slug "${slug}".`);
  return tenant;
}

async function resolveStaffTenants(staff: boolean | string[]): Promise<(string | null)[]> {
  if (!Array.isArray(staff)) return staff ? [null] : [];
  const found = await Promise.all([...new Set(staff)].map((slug) => requireTenant(slug, 'staff')));
  return found.map(({ id }) => id);
}
