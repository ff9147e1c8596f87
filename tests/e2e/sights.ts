import type { Page } from 'playwright-core';
import { password } from '../helpers/web.ts';

/** Somebody looking at a page in some state. */
export interface Sight {
  name: string;
  path: string;
  /** Who has signed in; nobody when left out. */
  as?: string;
  /** The status of the answer, where it is not 200. */
  status?: number;
  /** Only at this width. */
  width?: number;
  /** What is opened or typed before looking. */
  act?: (page: Page) => Promise<void>;
}

const staff = 'staff@tributary.test';
const viewer = (slug: string) => `viewer@${slug}.test`;
const admin = (slug: string) => `admin@${slug}.test`;
const pagesOf = (slug: string, pages: string[]): Sight[] =>
  pages.map((page) => ({
    name: `${slug}-${page.replaceAll(/\W+/g, '-')}`,
    path: `/w/${slug}/${page}`,
    as: admin(slug),
  }));

/** Sign-in and its neighbours, the account, errors. */
export const outside = (slug: string): Sight[] => [
  { name: 'sign-in', path: '/sign-in' },
  { name: 'sign-in-wrong', path: '/sign-in', act: wrongPassword },
  { name: 'forgot-password', path: '/forgot-password' },
  { name: 'forgot-password-sent', path: '/forgot-password?done=sent' },
  { name: 'reset-password-gone', path: '/reset-password?token=x', status: 400 },
  { name: 'invitation-gone', path: '/invitations/x', status: 404 },
  { name: 'workspaces', path: '/workspaces', as: staff },
  { name: 'alerts', path: '/alerts', as: staff },
  { name: 'audit', path: '/audit', as: staff },
  {
    name: 'audit-open',
    path: `/w/${slug}/settings/audit`,
    as: admin(slug),
    act: (page) => page.locator('.audit-event summary').first().click(),
  },
  { name: 'people', path: '/people', as: staff },
  { name: 'account', path: '/account', as: viewer(slug) },
  { name: 'two-factor', path: '/account/two-factor', as: viewer(slug), act: startTwoFactor },
  { name: 'members', path: `/w/${slug}/settings/members`, as: admin(slug) },
  { name: 'privacy', path: `/w/${slug}/settings/privacy`, as: admin(slug) },
  { name: 'single-sign-on', path: `/w/${slug}/settings/single-sign-on`, as: staff },
  { name: 'features', path: `/w/${slug}/settings/features`, as: admin(slug) },
  {
    name: 'scoring-preview',
    path: `/w/${slug}/settings/scoring`,
    as: admin(slug),
    act: (page) => page.getByRole('button', { name: 'Show what would change' }).click(),
  },
  { name: 'forbidden', path: `/w/${slug}/settings/members`, as: viewer(slug), status: 403 },
  { name: 'not-found', path: '/w/nowhere/leads', as: viewer(slug), status: 404 },
];

/** The pages of a workspace, and what unfolds on them. */
export const inside = (slug: string): Sight[] => [
  ...pagesOf(slug, [
    'dashboard',
    'reports',
    'leads',
    'pipeline',
    'hot-list',
    'referrals',
    'notes',
    'schedule',
  ]),
  ...pagesOf(slug, [
    'leads?period=12m&compare=year&source=Website&qualified=yes',
    'leads?search=nobody+at+all',
    'pipeline?view=board',
    'pipeline?compare=previous&period=90d&stuck=1',
  ]),
  { name: 'report-new', path: `/w/${slug}/reports/new?page=leads`, as: staff },
  {
    name: 'period-open',
    path: `/w/${slug}/dashboard?period=90d&compare=previous`,
    as: admin(slug),
    act: (page) => page.locator('.page-head summary').click(),
  },
  {
    name: 'details-open',
    path: `/w/${slug}/schedule`,
    as: admin(slug),
    act: (page) => page.locator('.banner summary').click(),
  },
  {
    name: 'formula-open',
    path: `/w/${slug}/hot-list`,
    as: admin(slug),
    act: (page) => page.locator('#rows tbody button').first().click(),
  },
  {
    name: 'account-open',
    path: `/w/${slug}/reports`,
    as: admin(slug),
    width: 1440,
    act: (page) => page.locator('.sidebar summary').click(),
  },
  {
    name: 'navigation-open',
    path: `/w/${slug}/reports`,
    as: admin(slug),
    width: 390,
    act: (page) => page.getByRole('button', { name: 'Menu', exact: true }).click(),
  },
];

/** Workspaces with nothing, with one row, with many. */
export const extremes: Sight[] = [
  ...pagesOf('empty', ['dashboard', 'leads', 'pipeline', 'hot-list', 'notes', 'schedule']),
  ...pagesOf('one', ['dashboard', 'leads', 'pipeline', 'pipeline?view=board', 'hot-list']),
];

async function wrongPassword(page: Page): Promise<void> {
  await page.getByLabel('E-mail').fill('nobody@harbor.test');
  await page.getByLabel('Password').fill('not the one');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('alert').waitFor();
}

async function startTwoFactor(page: Page): Promise<void> {
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Set up' }).click();
  await page.getByLabel('Code from the app').waitFor();
}
