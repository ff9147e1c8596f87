/** What the layouts and pages need to know of who is looking at which workspace. */
export interface ShellAccess {
  tenant: { slug: string; name: string; timeZone: string; currency: string; accent: string | null };
  user: { name: string; email: string };
  role: 'viewer' | 'member' | 'admin' | 'staff';
  /** What the workspace has switched on. */
  features?: readonly string[];
}

/** Admins of the tenant and staff may change its settings. */
export const mayAdminister = ({ role }: ShellAccess): boolean =>
  role === 'admin' || role === 'staff';

/** Everyone but viewers may start a sync. */
export const maySync = ({ role }: ShellAccess): boolean => role !== 'viewer';
