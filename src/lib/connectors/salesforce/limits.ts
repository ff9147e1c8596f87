import type { Limits, WindowReading } from '../contract/limits.ts';
import { DAILY_LIMIT_WAIT_MS } from './api-error.ts';

const DAY_SECONDS = 86_400;

/** What the smallest edition with API access allows in 24 hours; responses tell the real number. */
const SMALLEST_QUOTA = 15_000;
/** Applications have no quota of their own unless responses tell one. */
const NO_QUOTA = 10_000_000;

/** The quota of the organisation, and the one that it may give to this application. */
const ORG = { name: 'day', seconds: DAY_SECONDS, requests: SMALLEST_QUOTA };
const APP = { name: 'day of the application', seconds: DAY_SECONDS, requests: NO_QUOTA };

/**
 * Two requests at a time leave room in the documented limit of concurrent long-running requests,
 * which all applications share. Source:
 * https://developer.salesforce.com/docs/atlas.en-us.salesforce_app_limits_cheatsheet.meta/salesforce_app_limits_cheatsheet/salesforce_app_limits_platform_api.htm
 */
export const limits: Limits = {
  concurrency: 2,
  timeoutMs: 120_000,
  windows: [ORG, APP],
  readQuota,
};

/**
 * Reads `Sforce-Limit-Info`: "api-usage=18/5000", or "api-usage=25/5000;
 * per-app-api-usage=17/250(appName=sample-connected-app)". The numbers are of the last 24 hours and
 * of all applications. As a part of the quota comes back all the time and no header says when, what
 * one response tells holds for an hour; then the next request tells anew.
 */
function readQuota(headers: Record<string, string>, now: Date): WindowReading[] {
  const info = headers['sforce-limit-info'] ?? '';
  const resetsAt = new Date(now.getTime() + DAILY_LIMIT_WAIT_MS);
  return [
    { window: ORG.name, usage: /(?<![\w-])api-usage=(\d+)\/(\d+)/.exec(info) },
    { window: APP.name, usage: /per-app-api-usage=(\d+)\/(\d+)/.exec(info) },
  ].flatMap(({ window, usage }) => {
    if (usage === null) return [];
    const [used, ceiling] = [Number(usage[1]), Number(usage[2])];
    return [{ window, remaining: Math.max(ceiling - used, 0), ceiling, resetsAt }];
  });
}
