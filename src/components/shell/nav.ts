import type { IconName } from '../ui/icons.ts';

/**
 * The pages of a workspace, in the order of the navigation; the key is also the last part of the
 * URL.
 */
export const pages = [
  { key: 'dashboard', label: 'Dashboard' },
  { key: 'reports', label: 'Reports' },
  { key: 'leads', label: 'Leads' },
  { key: 'pipeline', label: 'Pipeline' },
  { key: 'hot-list', label: 'Hot List' },
  { key: 'referrals', label: 'Referrals' },
  { key: 'notes', label: 'Notes' },
  { key: 'schedule', label: 'Schedule' },
] as const satisfies { key: IconName; label: string }[];

/** Pages that come with a feature that a workspace has switched on. */
export const featurePages = [
  { key: 'pushes', label: 'Pushes', feature: 'crm-push' },
  { key: 'conflicts', label: 'Conflicts', feature: 'crm-push' },
] as const satisfies { key: IconName; label: string; feature: string }[];

export type PageKey = (typeof pages | typeof featurePages)[number]['key'];

/** The address of a page of a workspace. */
export const workspaceHref = (slug: string, page: string): string =>
  `/w/${encodeURIComponent(slug)}/${page}`;
