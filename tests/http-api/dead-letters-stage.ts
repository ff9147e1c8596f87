/*
 * Two workspaces with rejected records, and people who look at them.
 */
import { afterAll, beforeAll } from 'vitest';
import { rowsAccount, startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { createUser } from '#lib/identity/auth/users.ts';
import { closeQueue } from '#lib/jobs/queue.ts';
import { useDatabase } from '../helpers/database.ts';
import { find, findAll, parseHtml, readText } from '../helpers/html.ts';
import { readPage, type Page } from '../helpers/page.ts';
import { client } from '../helpers/rows.ts';
import { password, startWeb, type Web, type WebClient } from '../helpers/web.ts';
import { createWorkspace, type Workspace } from '../helpers/workspace.ts';

export const db = useDatabase();
export const home = '/w/north/dead-letters';
export let sandbox: Sandbox;
export let north: Workspace;
export let south: Workspace;
export let web: Web;
export let ana: WebClient;
export let ben: WebClient;

beforeAll(async () => {
  const rows = {
    clients: Array.from({ length: 20 }, (_, index) =>
      client(1 + index, { firstName: 'Abigail', email: 'abigail@example.com' }),
    ),
  };
  sandbox = await startSandbox({
    accounts: [rowsAccount({ name: 'rows', webKey: 'CT_rows', accessToken: 'token-rows', rows })],
    now: Date.UTC(2026, 10, 20),
  });
  north = await createWorkspace(sandbox, 'rows', 'north');
  south = await createWorkspace(sandbox, 'rows', 'south');
  await createUser({
    email: 'ana@north.test',
    name: 'Ana Diaz',
    password,
    tenantSlug: 'north',
    role: 'admin',
  });
  await createUser({ email: 'ben@staff.test', name: 'Ben Staff', password, staff: true });
  await createUser({ email: 'member@north.test', password, tenantSlug: 'north', role: 'member' });
  web = await startWeb(db.url);
  [ana, ben] = [await web.signIn('ana@north.test'), await web.signIn('ben@staff.test')];
});
afterAll(async () => {
  await web?.stop();
  await closeQueue();
  await sandbox?.close();
});
export const cardsOf = ({ root }: Pick<Page, 'root'>, id: string) =>
  findAll(find(root, `#${id}`), 'li').map(readText);
export const noticeOf = ({ root }: Pick<Page, 'root'>) => readText(find(root, '.banner-text'));
export const post = async (who: WebClient, fields: Record<string, string>, path = home) => {
  const response = await who.postForm(path, fields);
  const location = response.headers.get('location');
  const html = await response.text();
  return {
    status: response.status,
    location,
    page:
      location === null
        ? { status: response.status, html, root: parseHtml(html) }
        : await readPage(who, location),
  };
};
