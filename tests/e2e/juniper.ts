import { beforeAll } from 'vitest';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { demoSpecs } from '../../sandbox/index.ts';
import { useStage, type Stage } from './stage.ts';
import { truthOf, type Truth } from './truth.ts';

export const timeZone = 'America/Los_Angeles';
const admin = 'admin@juniper.test';

/** The smallest workspace of the demo, synced, with what the sandbox holds of it. */
export interface Juniper {
  stage: Stage;
  truth: Truth;
  /** Opens a page of the workspace as its admin. */
  open(path: string, options?: BrowserContextOptions): Promise<Page>;
}

/** Call at the top of a file. */
export function useJuniper(): Juniper {
  const stage = useStage({
    accounts: demoSpecs().filter(({ name }) => name === 'juniper'),
    prepare: async ({ workspace, user }) => {
      await workspace('juniper', { timeZone });
      await user(admin, { tenantSlug: 'juniper', role: 'admin' });
      await user('staff@tributary.test', { staff: true, name: 'Sam Staff' });
    },
  });
  const open = async (path: string, options?: BrowserContextOptions): Promise<Page> => {
    const { page } = await stage.signedIn(admin, options);
    await page.goto(`/w/juniper/${path}`);
    return page;
  };
  const truth = {} as Truth;
  beforeAll(() => {
    Object.assign(truth, truthOf(stage.sandbox.clienttether.truth('juniper'), timeZone));
  });
  return { stage, truth, open };
}
