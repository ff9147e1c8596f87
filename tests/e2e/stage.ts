import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import {
  startSandbox,
  type AccountSpec,
  type DynamicsSpec,
  type Sandbox,
} from '../../sandbox/index.ts';
import { createUser, type NewUser } from '#lib/identity/auth/users.ts';
import { syncConnection } from '#lib/ingest/sync-connection.ts';
import { launchBrowser, openPage, watch, type Watched } from '../helpers/browser.ts';
import { allowForLoad } from '../helpers/patience.ts';
import { useDatabase, type TestDatabase } from '../helpers/database.ts';
import { password, startWeb, type Web } from '../helpers/web.ts';
import { createWorkspace, type Workspace, type WorkspaceOptions } from '../helpers/workspace.ts';

/**
 * What every browser test stands on: one database, one server and one browser for the whole file.
 */
export interface Stage {
  database: TestDatabase;
  sandbox: Sandbox;
  web: Web;
  browser: Browser;
  /** A browser of its own for somebody who is not signed in; closed after the test. */
  visit(options?: BrowserContextOptions): Promise<Watched>;
  /** The same for somebody who has just signed in. */
  signedIn(email: string, options?: BrowserContextOptions): Promise<Watched>;
  /** One more tab in the same browser, watched like the first. */
  tab(watched: Watched): Promise<Page>;
  /**
   * A tenant with a connection to an account of the sandbox of the same name, synced unless told
   * otherwise.
   */
  workspace(
    slug: string,
    options?: WorkspaceOptions & { name?: string; sync?: boolean },
  ): Promise<Workspace>;
  user(email: string, more?: Partial<NewUser>): Promise<void>;
}

interface StageOptions {
  accounts?: AccountSpec[];
  /** Environments of Dynamics 365. */
  orgs?: DynamicsSpec[];
  /**
   * The sandbox's clock; it stands still, so that its truth does. Default: the start of the file.
   */
  now?: number;
  env?: () => Record<string, string>;
  /** Fills the database before the server starts. */
  prepare: (stage: Stage) => Promise<void>;
}

/**
 * Builds the stage for a file. A test fails when a page that it opened complained. Call at the top
 * of the file.
 */
export function useStage({
  accounts,
  orgs,
  now = Date.now(),
  env = () => ({}),
  prepare,
}: StageOptions): Stage {
  allowForLoad();
  const database = useDatabase();
  const opened: Watched[] = [];
  const stage = { database, user, visit, signedIn, tab, workspace } as Stage;
  beforeAll(async () => {
    stage.browser = await launchBrowser();
    stage.sandbox = await startSandbox({
      ...(accounts && { accounts }),
      ...(orgs && { orgs }),
      now,
    });
    await prepare(stage);
    stage.web = await startWeb(database.url, env());
  });
  afterAll(async () => {
    await stage.browser?.close();
    await stage.web?.stop();
    await stage.sandbox?.close();
  });
  afterEach(async () => {
    const complaints = opened.flatMap((watched) => watched.complaints);
    for (const { context } of opened.splice(0)) await context.close();
    expect(complaints, 'what pages complained about').toEqual([]);
  });

  async function visit(options: BrowserContextOptions = {}): Promise<Watched> {
    const watched = await openPage(stage.browser, { baseURL: stage.web.url, ...options });
    opened.push(watched);
    return watched;
  }
  /** Signs in over HTTP and hands the cookies over: the sign-in page has tests of its own. */
  async function signedIn(email: string, options: BrowserContextOptions = {}): Promise<Watched> {
    const watched = await visit(options);
    const { jar } = await stage.web.signIn(email);
    await watched.context.addCookies(
      [...jar].map(([name, value]) => ({ name, value, url: stage.web.url })),
    );
    return watched;
  }
  async function tab({ context, complaints }: Watched): Promise<Page> {
    const page = await context.newPage();
    const own = watch(page);
    page.once('close', () => complaints.push(...own));
    return page;
  }
  async function workspace(
    slug: string,
    { name, sync = true, ...options }: WorkspaceOptions & { name?: string; sync?: boolean } = {},
  ): Promise<Workspace> {
    const made = await createWorkspace(stage.sandbox, slug, slug, options);
    if (name !== undefined)
      await database.query('update tenants set name = $2 where id = $1', [made.tenant.id, name]);
    if (!sync) return made;
    const report = await syncConnection({
      tenantId: made.tenant.id,
      connectionId: made.connection.id,
      trigger: 'cli',
    });
    expect(report.errorMessage).toBeNull();
    return made;
  }
  async function user(email: string, more: Partial<NewUser> = {}): Promise<void> {
    await createUser({ email, password, name: more.name ?? 'Robin Reader', ...more });
  }
  return stage;
}
