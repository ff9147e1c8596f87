import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startDns, type DnsServer, type Zone } from '../../../sandbox/dns/index.ts';
import type { Access } from '#lib/identity/auth/access.ts';
import { checkProvider } from '#lib/identity/sso/check.ts';
import { addDomain, listDomains, verifyDomain } from '#lib/identity/sso/domains.ts';
import { readSsoSetup } from '#lib/identity/sso/overview.ts';
import { removeProvider, saveProvider, switchProvider } from '#lib/identity/sso/settings.ts';
import { resetConfig } from '#lib/platform/config.ts';
import { lookUpTxt } from '#lib/posture/scan-system.ts';
import { useDatabase } from '../../helpers/database.ts';
import { problemOf } from '../auth/people.ts';
import { useIdentityProvider } from './identity-provider.ts';
import { addMember, createStaff, proveDomain, signInBySso } from './workspace.ts';

const db = useDatabase();
const idp = useIdentityProvider();
const zone: Zone = { 'acme.test': { txt: ['v=spf1 -all'] } };
let dns: DnsServer;
let staff: Access;
beforeAll(async () => {
  staff = await createStaff('acme');
  await addDomain(staff, 'acme.test');
  await addDomain(staff, 'silent.test');
  const [record] = (await listDomains(staff.tenant.id)).map((known) => known.record);
  zone[record?.name ?? ''] = { txt: ['another record', [record?.value ?? '']] };
  zone['_tributary-sso.silent.test'] = { fault: 'servfail' };
  dns = await startDns({ zones: [zone] });
  Object.assign(process.env, { DNS_SERVERS: dns.address, DNS_TIMEOUT_MS: '2000' });
  resetConfig();
});
afterAll(() => dns.close());

const saved = (more: Partial<Parameters<typeof saveProvider>[1]> = {}) =>
  saveProvider(staff, {
    issuer: idp.issuer,
    clientId: idp.clientId,
    clientSecret: idp.secret,
    ...more,
  });
const rows = () =>
  db.query<{ issuer: string; enabled_at: Date | null; sealed_secret: Buffer }>(
    'select * from sso_providers',
  );

describe('an issuer', () => {
  it.each([
    ['no address', 'acme', 'Enter the address that begins with https://.'],
    ['another scheme', 'file:///etc/passwd', 'Enter the address that begins with https://.'],
    ['a private address', 'https://10.0.0.1/', 'private network'],
    ['the cloud metadata', 'https://169.254.169.254/latest', 'private network'],
    ['plain http', 'http://idp.acme.test', 'does not begin with https://'],
    ['a port', 'https://idp.acme.test:8443', 'port'],
    ['a name of a private network', 'https://localhost.localdomain', 'could not be read'],
  ])('is refused that is %s', async (_what, issuer, words) => {
    const problem = await problemOf(saved({ issuer }));
    expect(problem.code).toBe('bad_request');
    expect(problem.message).toContain(words);
    expect(problem.message, 'the advice is about this page').not.toContain('base URL');
    expect(await rows()).toEqual([]);
  });

  it('is refused when its document leads elsewhere', async () => {
    idp.metadata = { issuer: 'https://somebody-else.test' };
    expect((await problemOf(saved())).message).toContain('could not be read');
    idp.metadata = {};
  });

  it('is refused when it stands for every directory of the world', async () => {
    idp.metadata = { issuer: `${idp.issuer}/{tenantid}/v2.0` };
    expect(await problemOf(saved())).toMatchObject({ code: 'bad_request' });
    idp.metadata = {};
  });

  it('is not followed to another host', async () => {
    const seen: string[] = [];
    const inner = createServer((request, response) => {
      seen.push(request.url ?? '');
      response.end('{}');
    });
    await new Promise<void>((resolve) => inner.listen(0, '127.0.0.1', resolve));
    const target = `http://127.0.0.1:${(inner.address() as AddressInfo).port}/`;
    const outer = createServer((_request, response) =>
      response.writeHead(302, { location: target }).end(),
    );
    await new Promise<void>((resolve) => outer.listen(0, '127.0.0.1', resolve));
    const issuer = `http://127.0.0.1:${(outer.address() as AddressInfo).port}`;
    expect((await problemOf(saved({ issuer }))).message).toContain('redirect');
    expect(seen).toEqual([]);
    inner.close();
    outer.close();
  });
});

describe('the setup', () => {
  it('takes the address of the discovery document as well', async () => {
    await saved({ issuer: `${idp.issuer}/.well-known/openid-configuration` });
    expect((await rows()).map(({ issuer }) => issuer)).toEqual([idp.issuer]);
  });

  it('stores the secret sealed, and shows it nowhere', async () => {
    const [row] = await rows();
    expect(row?.sealed_secret.includes(idp.secret)).toBe(false);
    const { provider } = await readSsoSetup(staff);
    expect(JSON.stringify(provider)).not.toMatch(/secret/i);
    expect(provider?.redirectUri).toMatch(/\/sso\/callback\/[0-9a-f-]{36}$/);
    const events = await db.query(`select * from audit_events where action like 'sso.%'`);
    expect(JSON.stringify(events)).not.toContain(idp.secret);
    expect(events.length).toBeGreaterThan(0);
  });

  it('keeps the secret when it is left empty, but sends it to no other issuer', async () => {
    const [before] = await rows();
    await saved({ clientSecret: '' });
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const issuer = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
    other.on('request', () => expect.unreachable());
    expect(await problemOf(saved({ clientSecret: '', issuer }))).toMatchObject({
      details: { fields: { clientSecret: expect.stringContaining('again') } },
    });
    expect((await rows())[0]?.issuer).toBe(before?.issuer);
    other.close();
  });

  it('is tested step by step', async () => {
    const outcome = async () =>
      (await checkProvider(staff)).map(({ step, ok }) => `${step}: ${ok}`);
    expect(await outcome()).toEqual([
      'Discovery document: true',
      'Abilities: true',
      'Signing keys: true',
      'Client ID and secret: true',
      'Domains: false',
    ]);
    await saved({ clientSecret: 'a wrong one' });
    expect((await outcome())[3]).toBe('Client ID and secret: false');
    await saved();
    idp.metadata = { code_challenge_methods_supported: ['plain'], jwks_uri: 'https://10.1.2.3/' };
    expect((await outcome()).slice(1, 3)).toEqual(['Abilities: false', 'Signing keys: false']);
    idp.metadata = { issuer: 'https://moved.test' };
    expect((await outcome()).slice(0, 2)).toEqual(['Discovery document: false', 'Abilities: null']);
    idp.metadata = {};
  });

  it('cannot be switched on before a domain is verified', async () => {
    expect(await problemOf(switchProvider(staff, true))).toMatchObject({ code: 'conflict' });
  });
});

describe('a domain', () => {
  it('is verified by its TXT record in the DNS', async () => {
    await verifyDomain(staff, 'acme.test', lookUpTxt);
    const domains = await listDomains(staff.tenant.id);
    expect(domains.find(({ domain }) => domain === 'acme.test')?.verifiedAt).toBeInstanceOf(Date);
    expect(dns.log.map(({ name, type }) => `${name} ${type}`)).toContain(
      '_tributary-sso.acme.test TXT',
    );
  });

  it('is not verified without the record, nor by that of another workspace', async () => {
    const other = await createStaff('other');
    await addDomain(other, 'acme.test');
    expect((await problemOf(verifyDomain(other, 'acme.test', lookUpTxt))).message).toContain(
      'There is no TXT record "tributary-sso=',
    );
  });

  it('is not verified while the DNS does not answer', async () => {
    const problem = await problemOf(verifyDomain(staff, 'silent.test', lookUpTxt));
    expect(problem).toMatchObject({ code: 'unavailable' });
  });
});

describe('another client', () => {
  it('ends sessions and links, because ids mean other people there', async () => {
    await switchProvider(staff, true);
    await addMember('ann@acme.test', 'acme');
    const browser = await signInBySso(idp, 'ann@acme.test');
    expect(await browser.session()).not.toBeNull();
    await saved({ clientId: 'another' });
    expect(await browser.session()).toBeNull();
    expect(await db.query(`select 1 from accounts where provider_id like 'sso:%'`)).toEqual([]);
    await saved();
  });

  it('and so does the removal', async () => {
    const browser = await signInBySso(idp, 'ann@acme.test');
    await removeProvider(staff);
    expect(await browser.session()).toBeNull();
    expect(await rows()).toEqual([]);
    await proveDomain(staff, 'acme.test');
  });
});
