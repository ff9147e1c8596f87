import { createAccessControl } from 'better-auth/plugins/access';

/** The roles that a membership can have. */
export const memberRoles = ['viewer', 'member', 'admin'] as const;
export type MemberRole = (typeof memberRoles)[number];
/** Staff are not members. A grant gives them access to a workspace with all rights of an admin. */
export type Role = MemberRole | 'staff';

const rank: Record<Role, number> = { viewer: 1, member: 2, admin: 3, staff: 4 };

/** Whether `role` has all rights of `atLeast`. */
export function includesRole(role: Role, atLeast: Role): boolean {
  return rank[role] >= rank[atLeast];
}

export function isMemberRole(text: string): text is MemberRole {
  return memberRoles.some((role) => role === text);
}

/** The same roles for better-auth, so that its organization plugin has no roles besides ours. */
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
