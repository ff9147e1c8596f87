import { afterAll, describe, expect, it } from 'vitest';
import { startDns } from '../../sandbox/dns/index.ts';
import { ConfigError, resetConfig, parseConfig } from '../../src/lib/platform/config.ts';
import { scanWithSystemResolver } from '#lib/posture/scan-system.ts';

const needed = {
  DATABASE_URL: 'postgres://u@h/d',
  AUTH_SECRET: 'x'.repeat(32),
  TRIBUTARY_KEYS: `k1:${Buffer.alloc(32).toString('base64')}`,
  NODE_ENV: 'test',
};
const before = { ...process.env };
afterAll(() => {
  process.env = before;
  resetConfig();
});

describe('name servers of the configuration', () => {
  it.each([
    ['', []],
    ['9.9.9.9', ['9.9.9.9']],
    [
      ' 127.0.0.1:5353, [2620:fe::fe]:53,2620:fe::9 ',
      ['127.0.0.1:5353', '[2620:fe::fe]:53', '2620:fe::9'],
    ],
  ])('%j', (text, servers) =>
    expect(parseConfig({ ...needed, DNS_SERVERS: text }).DNS_SERVERS).toEqual(servers),
  );

  it.each(['dns.example', '1.2.3', '1.2.3.4:99999', '[1.2.3.4]:53', '1.2.3.4:', 'http://1.2.3.4'])(
    'refuses %j',
    (text) => expect(() => parseConfig({ ...needed, DNS_SERVERS: text })).toThrow(ConfigError),
  );

  it('are the ones that a scan asks', async () => {
    const dns = await startDns();
    Object.assign(process.env, needed, { DNS_SERVERS: dns.address, DNS_TIMEOUT_MS: '10000' });
    resetConfig();
    expect((await scanWithSystemResolver('sts.hard.test')).mtaSts.verdict).toBe('unknown');
    expect(
      dns.log
        .filter(({ name }) => name === 'mta-sts.sts.hard.test')
        .map(({ type }) => type)
        .sort(),
    ).toEqual(['A', 'AAAA']);
    await dns.close();
  });
});
