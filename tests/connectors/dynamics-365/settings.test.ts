import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isAllowedHost } from '#lib/platform/http/guard.ts';
import { checkSettings } from '#lib/connections/validate.ts';
import { dynamics365 } from '#lib/connectors/dynamics-365/index.ts';
import { getProvider } from '#lib/connectors/registry.ts';
import { dynamicsSettings } from '#lib/connectors/dynamics-365/settings.ts';

const parse = (baseUrl: string, more: object = {}) => dynamicsSettings.parse({ baseUrl, ...more });
const provider = getProvider('dynamics-365');
const ids = { tenantId: 'contoso.example', clientId: 'app-1' };

describe('the address of an environment', () => {
  it('is understood as Power Apps, the browser and people give it', () => {
    const org = 'https://org.crm4.dynamics.com/';
    for (const pasted of [
      'https://org.crm4.dynamics.com',
      'https://org.crm4.dynamics.com/',
      ' https://org.crm4.dynamics.com/api/data/v9.2 ',
      'https://org.crm4.dynamics.com/api/data/v9.2/',
      'https://org.crm4.dynamics.com/api/data/v9.2/$metadata#accounts',
      'https://org.crm4.dynamics.com/api/data/',
      'https://org.crm4.dynamics.com/main.aspx?appid=1&pagetype=entitylist&etn=lead',
      'https://org.crm4.dynamics.com/XRMServices/2011/Organization.svc',
      'https://org.crm4.dynamics.com/apps/sales',
      'org.crm4.dynamics.com',
      'org.crm4.dynamics.com/api/data/v9.2',
    ])
      expect(parse(pasted).baseUrl, pasted).toBe(org);
    expect(parse('https://org.api.crm4.dynamics.com/api/data/v9.2').baseUrl).toBe(
      'https://org.api.crm4.dynamics.com/',
    );
    expect(parse('http://127.0.0.1:9/dynamics-365/api/data/v9.2/').baseUrl).toBe(
      'http://127.0.0.1:9/dynamics-365/',
    );
    for (const wrong of ['nonsense', 'https://org.crm.dynamics.com/?x=1', ''])
      expect(dynamicsSettings.safeParse({ baseUrl: wrong }).success, wrong).toBe(false);
  });

  it('leads to pages without the name of the interface', () => {
    const link = (baseUrl: string) => dynamics365.push?.recordUrl?.(parse(baseUrl), 'id-1');
    const page = 'main.aspx?pagetype=entityrecord&etn=lead&id=id-1';
    expect(link('https://org.api.crm4.dynamics.com/api/data/v9.2')).toBe(
      `https://org.crm4.dynamics.com/${page}`,
    );
    expect(link('https://api.crm.dynamics.com/')).toBe(`https://api.crm.dynamics.com/${page}`);
  });

  it.each([
    ['https://org.crm.dynamics.com/', 'https://login.microsoftonline.com/'],
    ['https://org.crm9.dynamics.com/', 'https://login.microsoftonline.com/'],
    ['https://org.crm.microsoftdynamics.us/', 'https://login.microsoftonline.us/'],
    ['https://org.crm.appsplatform.us/', 'https://login.microsoftonline.us/'],
    ['https://org.crm.dynamics.cn/', 'https://login.partner.microsoftonline.cn/'],
  ])('%s gets its tokens from %s, for its own address', (baseUrl, login) => {
    const settings = checkSettings(provider, { baseUrl, ...ids }) as ReturnType<typeof parse>;
    expect(settings.loginUrl).toBe(login);
    expect(dynamicsSettings.parse(settings)).toEqual(settings);
    if (dynamics365.auth.kind !== 'oauth2') throw new Error('no OAuth');
    const { grant } = dynamics365.auth;
    expect(grant.tokenUrl(settings)).toBe(`${login}contoso.example/oauth2/v2.0/token`);
    expect(isAllowedHost(new URL(grant.tokenUrl(settings)).hostname, grant.tokenHosts)).toBe(true);
    expect(grant.form?.(settings, {}).scope).toBe(`${new URL(baseUrl).origin}/.default`);
  });

  it('keeps a login host that is given', () => {
    const loginUrl = 'https://login.chinacloudapi.cn/';
    expect(parse('https://org.crm.dynamics.cn/', { loginUrl }).loginUrl).toBe(loginUrl);
  });

  it('is on a host of Dynamics 365, not on one that looks like it', () => {
    for (const host of [
      'evil-dynamics.cn',
      'dynamics.cn',
      'dynamics.cn.evil.example',
      'org.crm.dynamics.cn.evil.example',
      'org.crm.dynamics.com.evil.example',
      'crm.dynamics.com',
      'org.crmevil.dynamics.com',
      'org.crm4x.dynamics.com',
      'org.cloudax.dynamics.com',
      'org.crm.dynamics.co',
      'orgcrm.dynamics.com',
      'org.crm.evildynamics.com',
      'xmicrosoftdynamics.us',
      'appsplatform.us',
      'org.crm.dynamics.com.',
    ])
      expect(() => checkSettings(provider, { baseUrl: `https://${host}/`, ...ids }), host).toThrow(
        'is not a host of Dynamics 365',
      );
    for (const baseUrl of [
      'https://org.crm.dynamics.com@evil.example/',
      'https://evil.example/org.crm.dynamics.com/api/data/v9.2',
      'http://org.crm.dynamics.com/',
    ])
      expect(() => checkSettings(provider, { baseUrl, ...ids }), baseUrl).toThrow();
  });

  it('is never on a host that does not end in one of its own', () => {
    const label = fc.stringMatching(/^[a-z][a-z0-9-]{0,9}$/);
    const suffix = fc.constantFrom('crm.dynamics.com', 'dynamics.cn', 'appsplatform.us');
    fc.assert(
      fc.property(
        fc.array(label, { minLength: 1, maxLength: 3 }),
        suffix,
        label,
        (more, end, evil) => {
          expect(isAllowedHost([...more, end].join('.'), dynamics365.hosts)).toBe(true);
          expect(isAllowedHost([...more, end, evil, 'example'].join('.'), dynamics365.hosts)).toBe(
            false,
          );
          expect(isAllowedHost(`${more.join('.')}.${evil}${end}`, dynamics365.hosts)).toBe(false);
        },
      ),
    );
  });
});
