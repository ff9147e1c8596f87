import { createAccessControl } from 'better-auth/plugins/access';

/** What a membership may say. */
export const memberRoles = ['viewer', 'member', 'admin'] as const;
export type MemberRole = (typeof memberRoles)[number];
/**
 * Staff are not members: a grant lets them into a workspace, where they may do all that an admin
 * may.
 */
export type Role = MemberRole | 'staff';

const rank: Record<Role, number> = { viewer: 1, member: 2, admin: 3, staff: 4 };

/** Whether `role` includes what `atLeast` may do. */
export function includesRole(role: Role, atLeast: Role): boolean {
  return rank[role] >= rank[atLeast];
}

export function isMemberRole(text: string): text is MemberRole {
  return memberRoles.some((role) => role === text);
}

/**
 * The same roles in better-auth's terms, so that its organization plugin knows no role that we do
 * not have.
 */
export const accessControl = createAccessControl({
  organization: ['update'],
  member: ['create', 'update', 'delete'],
  invitation: ['create', 'cancel'],
});

export const organizationRoles = {
  viewer: accessControl.newRole({ organization: [] }),
  member: accessControl.newRole({ organization: [] }),
  admin: accessControl.newRole({
    organization: ['update'],
    member: ['create', 'update', 'delete'],
    invitation: ['create', 'cancel'],
  }),
};
