import { describe, expect, it } from 'vitest';
import { buildPayload } from '#lib/connectors/dynamics-365/destination/rows.ts';
import { createRemoteObjects } from '#lib/connectors/dynamics-365/destination/remote-objects.ts';
import { dynamicsPush } from '#lib/connectors/dynamics-365/destination/index.ts';
import { toRecordKey } from '#lib/outbound/push/identity.ts';
import { id, lead, usePushStage, v5 } from './push-stage.ts';

const stage = usePushStage();

describe('records', () => {
  it('are made once, changed only as they were read, deleted only as they were made', async () => {
    const first = await stage.objects.create(
      lead(id(1), { hnt_leadid: id(0), emailaddress1: 'o\u2019neil+x@one.example' }),
      { detect: false },
    );
    expect(first).toMatchObject({ kind: 'done', version: expect.stringMatching(/^W\//) as string });
    expect(await stage.objects.create(lead(id(1), {}), { detect: false })).toEqual({
      kind: 'exists',
    });
    expect(
      await stage.objects.create(lead(id(2), { hnt_leadid: id(0) }), { detect: false }),
    ).toEqual({
      kind: 'exists',
    });
    expect(
      await stage.objects.create(lead(id(2), { emailaddress1: 'o\u2019neil+x@one.example' }), {
        detect: true,
      }),
    ).toEqual({ kind: 'duplicate' });
    const version = 'version' in first ? first.version : '';
    const changed = await stage.objects.update({ ...lead(id(1), { firstname: 'Ada' }), version });
    expect(changed).toMatchObject({ kind: 'done' });
    expect(await stage.objects.update({ ...lead(id(1), { firstname: 'Eve' }), version })).toEqual({
      kind: 'stale',
    });
    expect(await stage.objects.update({ ...lead(id(3), {}), version })).toEqual({ kind: 'gone' });
    expect(await stage.objects.remove('lead', id(1), version)).toEqual({ kind: 'stale' });
    expect(await stage.objects.read('lead', id(1), ['firstname'])).toMatchObject({
      id: id(1),
      values: { firstname: 'Ada' },
      ourLeadId: id(0),
      standing: 'open',
      status: 'open',
    });
    expect(
      await stage.objects.remove('lead', id(1), 'version' in changed ? changed.version : ''),
    ).toMatchObject({ kind: 'done' });
    expect(await stage.objects.read('lead', id(1), ['firstname'])).toBeNull();
  });

  it('that take a value which must be unique are refused by either code, in words', async () => {
    const { spec } = stage.sandbox.dynamics365.org('crm');
    for (const [index, code] of (['0x80040237', '0x80060892'] as const).entries()) {
      spec.keyConflictCode = code;
      const [taken, other] = [`key-${index}`, lead(v5(code), {})];
      await stage.objects.create(lead(v5(`${code} taken`), { hnt_leadid: taken }), {
        detect: false,
      });
      const second = { ...other, values: { ...other.values, hnt_leadid: taken } };
      expect(await stage.objects.create(second, { detect: false }), code).toEqual({
        kind: 'exists',
      });
      const made = await stage.objects.create(other, { detect: false });
      const version = 'version' in made ? made.version : '';
      await expect(stage.objects.update({ ...second, version }), code).rejects.toMatchObject({
        kind: 'malformed',
        message: expect.stringContaining('must be unique') as string,
      });
    }
  });

  it('are read past every cache', async () => {
    const asked: [string, unknown][] = [];
    const watched = createRemoteObjects(
      {
        request: (request) => {
          asked.push([request.method ?? 'GET', request.headers?.['if-none-match']]);
          return stage.http.request(request);
        },
      },
      stage.root,
      stage.metadata,
    );
    await watched.read('lead', id(1), ['subject']);
    await watched.search('lead', { by: 'email', email: 'a@b.example' }, []);
    await watched.create(lead(v5('uncached'), {}), { detect: false });
    expect(asked).toEqual([
      ['GET', 'null'],
      ['GET', 'null'],
      ['PATCH', '*'],
    ]);
  });

  it('are found by our id, by e-mail address and by domain, which has to be the same', async () => {
    await stage.objects.create(
      lead(id(4), {
        hnt_leadid: id(5),
        emailaddress1: "d'arcy@example.net",
        websiteurl: 'https://www.pemberley.example/park',
      }),
      { detect: false },
    );
    await stage.objects.create(lead(id(6), { websiteurl: 'https://notpemberley.example' }), {
      detect: false,
    });
    for (const key of [
      { by: 'ours', leadId: id(5) },
      { by: 'email', email: "d'arcy@example.net" },
      { by: 'domain', domain: 'pemberley.example' },
    ] as const) {
      expect(
        (await stage.objects.search('lead', key, ['subject'])).map((found) => found.id),
      ).toEqual([id(4)]);
    }
    expect(await stage.objects.search('lead', { by: 'ours', leadId: id(7) }, [])).toEqual([]);
    expect(await stage.objects.search('contact', { by: 'ours', leadId: id(7) }, [])).toEqual([]);
  });

  it('that may not be written say which privilege is missing', async () => {
    await stage.objects.create(
      { role: 'company', key: id(1), leadId: id(1), values: { name: 'Globex' }, parents: {} },
      { detect: false },
    );
    await expect(stage.objects.remove('company', id(1), '*')).rejects.toMatchObject({
      kind: 'permission',
      message: expect.stringContaining('prvDeleteAccount') as string,
    });
  });

  it('name their parents, and an opportunity its customer', () => {
    expect(buildPayload('deal', { name: 'X' }, { contact: 'c', lead: 'l' })).toEqual({
      name: 'X',
      'parentcontactid@odata.bind': '/contacts(c)',
      'originatingleadid@odata.bind': '/leads(l)',
      'customerid_contact@odata.bind': '/contacts(c)',
    });
    expect(buildPayload('deal', {}, { company: 'a', contact: 'c' })).toMatchObject({
      'customerid_account@odata.bind': '/accounts(a)',
    });
  });
});

it('keys follow from what a record stands for, and never change', () => {
  const values = { leadId: id(1), domain: 'Globex.example', email: ' ADA@globex.example ' };
  expect(toRecordKey('connection', dynamicsPush, 'lead', values)).toBe(
    toRecordKey('connection', dynamicsPush, 'lead', { leadId: id(1) }),
  );
  expect(toRecordKey('connection', dynamicsPush, 'contact', values)).toBe(
    toRecordKey('connection', dynamicsPush, 'contact', { email: 'ada@globex.example' }),
  );
  expect(toRecordKey('connection', dynamicsPush, 'company', { domain: 'globex.example' })).toBe(
    toRecordKey('connection', dynamicsPush, 'company', values),
  );
  expect(toRecordKey('connection', dynamicsPush, 'lead', values)).not.toBe(
    toRecordKey('connection', dynamicsPush, 'deal', values),
  );
  expect(toRecordKey('connection', dynamicsPush, 'contact', {})).toBeNull();
  expect(
    toRecordKey('01960000-0000-7000-8000-000000000000', dynamicsPush, 'company', {
      domain: 'globex.example',
    }),
  ).toBe('541ee942-c4f3-59d7-b76a-2ee7d7dfbc91');
});
