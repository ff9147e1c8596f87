import type { APIContext } from 'astro';
import { consumeLimit, type Limit } from '#lib/identity/auth/limits.ts';

/*
 * How much work one user can cause, in the database, in the worker and at providers. Each limit is
 * far above what a person does; docs/operations/sizing.md lists them. They count in the database,
 * so that several web processes share them, and a request that a limit refuses has done nothing.
 */

type Asked = Pick<APIContext, 'routePattern' | 'request' | 'url'>;

interface WorkLimit extends Limit {
  /** What there was too much of, as the beginning of a message. */
  what: string;
  covers: (asked: Asked) => boolean;
}

const minutes = (count: number): number => count * 60;
const isPost = ({ request }: Asked): boolean => request.method === 'POST';
const isPostTo =
  (...routes: string[]) =>
  (asked: Asked): boolean =>
    isPost(asked) && routes.includes(asked.routePattern);

/** The parameters that look for text in every row. */
const searchNames = ['q', 'search', 'domain', 'person'];

/** The first that covers a request is the one that counts it. */
const workLimits: readonly WorkLimit[] = [
  {
    name: 'work:archive',
    max: 12,
    windowSeconds: minutes(60),
    what: 'You have exported too many whole workspaces in a short time.',
    covers: ({ routePattern }) => routePattern.endsWith('.zip'),
  },
  {
    name: 'work:export',
    max: 100,
    windowSeconds: minutes(10),
    what: 'You have exported too many lists in a short time.',
    covers: ({ routePattern }) => /\.(?:\[format\]|csv)$/.test(routePattern),
  },
  {
    name: 'work:search',
    max: 120,
    windowSeconds: minutes(1),
    what: 'You have searched too often in a short time.',
    covers: (asked) =>
      !isPost(asked) && searchNames.some((name) => asked.url.searchParams.get(name)),
  },
  {
    name: 'work:replay-preview',
    max: 60,
    windowSeconds: minutes(10),
    what: 'You have looked at too many rebuilds in a short time.',
    covers: (asked) => !isPost(asked) && asked.url.searchParams.has('replay'),
  },
  {
    name: 'work:sync',
    max: 60,
    windowSeconds: minutes(10),
    what: 'You have started too many syncs in a short time.',
    covers: isPostTo('/api/sync', '/api/referrals/sync'),
  },
  {
    name: 'work:push',
    max: 1_200,
    windowSeconds: minutes(10),
    what: 'You have requested too many pushes in a short time.',
    covers: isPostTo('/api/v1/d365/push-lead', '/api/dynamics/sync/[domain]'),
  },
  {
    name: 'work:bulk',
    max: 120,
    windowSeconds: minutes(10),
    what: 'You have requested too many pushes of whole lists in a short time.',
    covers: isPostTo(
      '/api/pushes',
      '/api/dynamics/bulk-sync',
      '/w/[tenant]/leads',
      '/w/[tenant]/pushes',
    ),
  },
  {
    name: 'work:connection',
    max: 60,
    windowSeconds: minutes(10),
    what: 'You have changed or rebuilt connections too often in a short time.',
    covers: isPostTo('/w/[tenant]/settings/connections'),
  },
  {
    name: 'work:scoring',
    max: 60,
    windowSeconds: minutes(10),
    what: 'You have calculated too many scores in a short time.',
    covers: isPostTo('/w/[tenant]/settings/scoring'),
  },
  {
    name: 'work:report',
    max: 60,
    windowSeconds: minutes(10),
    what: 'You have published too many reports in a short time.',
    covers: isPostTo('/w/[tenant]/reports/new'),
  },
  {
    // The editor of mappings sends a form for each row that is added or removed.
    name: 'work:change',
    max: 300,
    windowSeconds: minutes(10),
    what: 'You have sent too many changes in a short time.',
    covers: isPost,
  },
];

/**
 * Counts a request of a user to a workspace if it is one that causes work. Throws Problem
 * `rate_limited` when there were too many.
 */
export async function limitWork(asked: Asked, userId: string): Promise<void> {
  const limit = workLimits.find(({ covers }) => covers(asked));
  if (limit !== undefined) await consumeLimit(limit, userId, limit.what);
}
