import { excesses, weigh, type Weight } from './weigh.ts';

const common: Weight = { js: 90, css: 25, html: 60, later: 200 };

const workspacePages = [
  'dashboard',
  'reports',
  'pipeline',
  'hot-list',
  'referrals',
  'notes',
  'schedule',
  'pushes',
  'conflicts',
  'settings/mapping',
  'settings/features',
  'settings/scoring',
  'settings/privacy',
];

/** The budget of each page that has one, by its path in the workspace `slug`. */
export function listBudgets(slug: string): Record<string, Weight> {
  return {
    '/sign-in': common,
    [`/w/${slug}/leads`]: { ...common, js: 150 },
    ...Object.fromEntries(workspacePages.map((page) => [`/w/${slug}/${page}`, common])),
  };
}

/** The address of a running server, and the account whose pages are weighed. */
export interface Site {
  url: string;
  /** The workspace whose pages are weighed. */
  slug: string;
  email: string;
  password: string;
}

export interface WeighedPage {
  path: string;
  weight: Weight;
  /** Empty when the page is within its budget. */
  excesses: string[];
}

/** Weighs each page that has a budget on a running server. Rejects when one cannot be read. */
export async function weighSite({ url, slug, email, password }: Site): Promise<WeighedPage[]> {
  const cookie = await signIn(url, email, password);
  const pages: WeighedPage[] = [];
  for (const [path, budget] of Object.entries(listBudgets(slug))) {
    const html = await readText(url, path, path === '/sign-in' ? {} : { cookie });
    const weight = await weigh(html, (file) => readText(url, file));
    pages.push({ path, weight, excesses: excesses(weight, budget) });
  }
  return pages;
}

async function readText(
  base: string,
  path: string,
  headers: Record<string, string> = {},
): Promise<string> {
  const response = await fetch(new URL(path, base), { headers, redirect: 'error' });
  if (!response.ok) throw new Error(`${path} responded with ${response.status}.`);
  return response.text();
}

/** Signs in and returns the session cookie as the value of a Cookie header. */
export async function signIn(base: string, email: string, password: string): Promise<string> {
  const response = await fetch(new URL('/api/auth/sign-in/email', base), {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: new URL(base).origin },
    body: JSON.stringify({ email, password }),
  });
  if (!response.ok)
    throw new Error(
      `Signing in as ${email} failed with status ${response.status}. ` +
        "Check that this is the demo's address and password.",
    );
  return response.headers
    .getSetCookie()
    .map((cookie) => cookie.split(';')[0])
    .join('; ');
}
