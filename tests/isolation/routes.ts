import { apiRequests } from './api-requests.ts';
import { pageRequests } from './page-requests.ts';
import type { TenantRequest } from './request.ts';
import { settingsRequests } from './settings-requests.ts';

/** Every request that names a workspace. */
export const tenantRequests: TenantRequest[] = [
  ...pageRequests,
  ...settingsRequests,
  ...apiRequests,
];
