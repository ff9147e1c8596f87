import { roleLabels } from '../settings/roles.ts';
import type { PersonView } from '#lib/identity/auth/people.ts';
import { getOwn } from '#lib/platform/own.ts';

/** Where a person may go and as what, in words: "Summit (Admin), every workspace (Staff)". */
export function describeWorkspaces({ workspaces, staffOf }: PersonView): string {
  const granted = staffOf === 'all' ? ['every workspace'] : staffOf;
  const parts = [
    ...workspaces.map(({ name, role }) => `${name} (${getOwn(roleLabels, role) ?? role})`),
    ...granted.map((name) => `${name} (${roleLabels.staff})`),
  ];
  return parts.length === 0 ? 'no workspace' : parts.join(', ');
}
