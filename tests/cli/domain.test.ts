import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startDns, type DnsServer } from '../../sandbox/index.ts';
import { useDatabase } from '../helpers/database.ts';
import { allowForLoad } from '../helpers/patience.ts';
import { startProcess } from '../helpers/processes.ts';

allowForLoad();
const db = useDatabase();
let dns: DnsServer;

beforeAll(async () => {
  dns = await startDns();
});
afterAll(() => dns.close());

async function scan(args: string[]): Promise<{ code: number | null; output: string }> {
  const { exited, output } = startProcess(
    'cli/index.ts',
    db.url,
    { LOG_LEVEL: 'error', DNS_SERVERS: dns.address, DNS_TIMEOUT_MS: '10000' },
    ['domain', 'scan', ...args],
  );
  const { code } = await exited;
  return { code, output: output() };
}

describe('domain scan', () => {
  it('prints in plain words what it found', async () => {
    const { code, output } = await scan(['proofpoint-m365.hard.test']);
    expect(code).toBe(0);
    expect(output).toContain(
      'proofpoint-m365.hard.test: mailboxes likely at Microsoft 365, behind Proofpoint.',
    );
    for (const line of [
      /^SPF +good\n {4}v=spf1 .*\n {4}2 of 10 lookups$/m,
      /^DKIM +good\n {4}selector1: rsa, 2048 bits$/m,
      /^DMARC +missing\n {2}! There is no DMARC record/m,
      /^Valid for 24 hours\.$/m,
    ])
      expect(output).toMatch(line);
  });

  it('prints the evidence as JSON', async () => {
    const { code, output } = await scan(['null-mx.hard.test', '--json']);
    expect([code, JSON.parse(output)]).toMatchObject([
      0,
      { version: 1, domain: 'null-mx.hard.test', mx: { nullMx: true } },
    ]);
  });

  it('refuses what is no domain name', async () => {
    expect(await scan(['localhost'])).toMatchObject({
      code: 2,
      output: expect.stringMatching(
        /^"localhost" is not a domain name\. Enter one such as example\.com\.$/,
      ) as string,
    });
  });
});
