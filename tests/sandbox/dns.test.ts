import { Resolver } from 'node:dns/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startDns, zoneFor, type DnsServer } from '../../sandbox/index.ts';

let dns: DnsServer;
const resolver = new Resolver({ timeout: 5000, tries: 2 });

beforeAll(async () => {
  const zone = {
    'one.example': {
      txt: ['one', ['two', 'three']],
      mx: [[5, 'mx.one.example']] as [number, string][],
    },
    'deep.under.one.example': { a: ['192.0.2.9'] },
    '*.wild.one.example': { txt: ['wild'] },
    'there.wild.one.example': { a: ['192.0.2.8'] },
    'alias.one.example': { cname: 'deep.under.one.example' },
    'long.one.example': { txt: ['x'.repeat(700)] },
  };
  dns = await startDns({ zones: [zone], fallback: (domain) => zoneFor(domain, 'test') });
  resolver.setServers([dns.address]);
});
afterAll(() => dns.close());

describe('the imitated name servers', () => {
  it('answer records of each type', async () => {
    expect(await resolver.resolveTxt('One.Example')).toEqual([['one'], ['two', 'three']]);
    expect(await resolver.resolveMx('one.example')).toEqual([
      { priority: 5, exchange: 'mx.one.example' },
    ]);
    expect(await resolver.resolve4('alias.one.example', { ttl: true })).toEqual([
      { address: '192.0.2.9', ttl: 300 },
    ]);
    expect(await resolver.resolveCname('alias.one.example')).toEqual(['deep.under.one.example']);
  });

  it('tell a name without such records from one that is not there', async () => {
    for (const name of ['under.one.example', 'deep.under.one.example', 'there.wild.one.example'])
      await expect(resolver.resolveTxt(name)).rejects.toMatchObject({ code: 'ENODATA' });
    for (const name of ['gone.one.example', 'below.deep.under.one.example'])
      await expect(resolver.resolveTxt(name)).rejects.toMatchObject({ code: 'ENOTFOUND' });
    for (const name of ['any.wild.one.example', 'far.below.wild.one.example'])
      expect(await resolver.resolveTxt(name)).toEqual([['wild']]);
  });

  it('cut what a datagram cannot hold, and give it over TCP', async () => {
    expect((await resolver.resolveTxt('long.one.example'))[0]?.map(({ length }) => length)).toEqual(
      [255, 255, 190],
    );
    const huge = await resolver.resolveTxt('huge-txt.hard.test');
    expect(huge).toHaveLength(61);
    expect(
      dns.log.filter(({ name }) => name === 'huge-txt.hard.test').map(({ transport }) => transport),
    ).toEqual(['udp', 'tcp']);
  });

  it('make up any other domain, always the same', async () => {
    for (const domain of ['acme-roofing.com', 'bäcker.example', 'x.co.uk'])
      expect(zoneFor(domain, 'demo')).toEqual(zoneFor(domain, 'demo'));
    expect(zoneFor('acme-roofing.com', 'demo')).not.toEqual(zoneFor('acme-roofing.com', 'other'));
    const name =
      ['a.com', 'b.com', 'c.com', 'd.com'].find(
        (domain) => (zoneFor(domain, 'test')[domain]?.mx?.[0]?.[1] ?? '.') !== '.',
      ) ?? '';
    expect(await resolver.resolveMx(name)).toHaveLength(
      zoneFor(name, 'test')[name]?.mx?.length ?? 0,
    );
    expect(await resolver.resolveCname(`www.${name}`)).toEqual([name]);
    await expect(resolver.resolveTxt(`nothing.${name}`)).rejects.toMatchObject({
      code: 'ENOTFOUND',
    });
    await expect(resolver.resolveTxt('_dmarc.com')).rejects.toMatchObject({ code: 'ENOTFOUND' });
  });

  it('make up a varied world', () => {
    const zones = Array.from(
      { length: 600 },
      (_, index) => [`company${index}.com`, zoneFor(`company${index}.com`, 'demo')] as const,
    );
    const share = (is: (domain: string, zone: ReturnType<typeof zoneFor>) => boolean) =>
      zones.filter(([domain, zone]) => is(domain, zone)).length / zones.length;
    const mailAt = (suffix: string) =>
      share((domain, zone) => zone[domain]?.mx?.some(([, host]) => host.endsWith(suffix)) ?? false);
    expect(mailAt('.mail.protection.outlook.com')).toBeGreaterThan(0.2);
    expect(mailAt('google.com')).toBeGreaterThan(0.12);
    for (const suffix of [
      '.mx.microsoft',
      '.pphosted.com',
      '.mimecast.com',
      '.zoho.com',
      '.secureserver.net',
    ])
      expect(mailAt(suffix)).toBeGreaterThan(0.005);
    const dmarc = share((domain, zone) => zone[`_dmarc.${domain}`] !== undefined);
    expect(dmarc > 0.45 && dmarc < 0.8).toBe(true);
    expect(share((_domain, zone) => Object.keys(zone).length === 0)).toBeGreaterThan(0.005);
  });
});
