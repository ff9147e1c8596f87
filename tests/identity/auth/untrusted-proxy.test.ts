import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureBuilt } from '../../../scripts/build.ts';
import { createUser } from '#lib/identity/auth/users.ts';
import { useDatabase } from '../../helpers/database.ts';
import { allowForLoad } from '../../helpers/patience.ts';
import { startProcess, until, type TestProcess } from '../../helpers/processes.ts';
import { password, WebClient } from '../../helpers/web.ts';

allowForLoad();
const db = useDatabase();
const started: TestProcess[] = [];
const warning = 'web.untrusted_proxy';
const notice = 'TRUST_PROXY is 0';
const forwarded = { headers: { 'x-forwarded-for': '203.0.113.7' } };

/** A web with somebody of the staff, and a function that counts its warnings. */
async function startWeb(trustProxy: '0' | '1') {
  const web = startProcess('scripts/web.ts', db.url, { PORT: '0', TRUST_PROXY: trustProxy });
  started.push(web);
  const port = () => /"event":"web.ready","port":(\d+)/.exec(web.output())?.[1];
  await until('the web is ready', () => port() !== undefined, 120_000);
  const staff = await new WebClient(`http://localhost:${port()}`).signIn(
    'ben@staff.test',
    password,
  );
  return { staff, warnings: () => web.output().split(warning).length - 1 };
}

beforeAll(async () => {
  await ensureBuilt();
  await createUser({ email: 'ben@staff.test', name: 'Ben Staff', password, staff: true });
});
afterAll(() => {
  for (const { child } of started) child.kill('SIGKILL');
});

describe('X-Forwarded-For from a proxy that is not trusted', () => {
  it('is told once in the log, and on the page of alerts', async () => {
    const { staff, warnings } = await startWeb('0');
    expect(await staff.text('/alerts')).not.toContain(notice);
    expect(warnings()).toBe(0);
    for (let request = 0; request < 3; request += 1) await staff.fetch('/sign-in', forwarded);
    await until('the log tells of it', () => warnings() > 0);
    expect(await staff.text('/alerts')).toContain(notice);
    expect(warnings()).toBe(1);
  });

  it('is nothing to tell of when the proxy is trusted', async () => {
    const { staff, warnings } = await startWeb('1');
    await staff.fetch('/sign-in', forwarded);
    expect(await staff.text('/alerts')).not.toContain(notice);
    expect(warnings()).toBe(0);
  });
});
