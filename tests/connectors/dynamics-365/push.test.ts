import { describe, expect, it } from 'vitest';
import { buildPayload } from '#lib/connectors/dynamics-365/destination/rows.ts';
import { createRemoteTables } from '#lib/connectors/dynamics-365/destination/tables.ts';
import { toRecordId } from '#lib/outbound/push/identity.ts';
import { id, lead, usePushStage, v5 } from './push-stage.ts';

const stage = usePushStage();

describe('records', () => {
  it('are made once, changed only as they were read, deleted only as they were made', async () => {
    const first = await stage.tables.create(
      lead(id(1), { hnt_leadid: id(0), emailaddress1: 'o\u2019neil+x@one.example' }),
      { detect: false },
    );
    expect(first).toMatchObject({ kind: 'done', etag: expect.stringMatching(/^W\//) as string });
    expect(await stage.tables.create(lead(id(1), {}), { detect: false })).toEqual({
      kind: 'exists',
    });
    expect(
      await stage.tables.create(lead(id(2), { hnt_leadid: id(0) }), { detect: false }),
    ).toEqual({
      kind: 'exists',
    });
    expect(
      await stage.tables.create(lead(id(2), { emailaddress1: 'o\u2019neil+x@one.example' }), {
        detect: true,
      }),
    ).toEqual({ kind: 'duplicate' });
    const etag = 'etag' in first ? first.etag : '';
    const changed = await stage.tables.update({ ...lead(id(1), { firstname: 'Ada' }), etag });
    expect(changed).toMatchObject({ kind: 'done' });
    expect(await stage.tables.update({ ...lead(id(1), { firstname: 'Eve' }), etag })).toEqual({
      kind: 'stale',
    });
    expect(await stage.tables.update({ ...lead(id(3), {}), etag })).toEqual({ kind: 'gone' });
    expect(await stage.tables.remove('lead', id(1), etag)).toEqual({ kind: 'stale' });
    expect(await stage.tables.read('lead', id(1), ['firstname'])).toMatchObject({
      id: id(1),
      values: { firstname: 'Ada' },
      ourLeadId: id(0),
      isOpen: true,
      status: 'open',
    });
    expect(
      await stage.tables.remove('lead', id(1), 'etag' in changed ? changed.etag : ''),
    ).toMatchObject({ kind: 'done' });
    expect(await stage.tables.read('lead', id(1), ['firstname'])).toBeNull();
  });

  it('that take a value which must be unique are refused by either code, in words', async () => {
    const { spec } = stage.sandbox.dynamics365.org('crm');
    for (const [index, code] of (['0x80040237', '0x80060892'] as const).entries()) {
      spec.keyConflictCode = code;
      const [taken, other] = [`key-${index}`, lead(v5(code), {})];
      await stage.tables.create(lead(v5(`${code} taken`), { hnt_leadid: taken }), {
        detect: false,
      });
      const second = { ...other, values: { ...other.values, hnt_leadid: taken } };
      expect(await stage.tables.create(second, { detect: false }), code).toEqual({
        kind: 'exists',
      });
      const made = await stage.tables.create(other, { detect: false });
      const etag = 'etag' in made ? made.etag : '';
      await expect(stage.tables.update({ ...second, etag }), code).rejects.toMatchObject({
        kind: 'malformed',
        message: expect.stringContaining('must be unique') as string,
      });
    }
  });

  it('are read past every cache', async () => {
    const asked: [string, unknown][] = [];
    const watched = createRemoteTables(
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
    await stage.tables.create(
      lead(id(4), {
        hnt_leadid: id(5),
        emailaddress1: "d'arcy@example.net",
        websiteurl: 'https://www.pemberley.example/park',
      }),
      { detect: false },
    );
    await stage.tables.create(lead(id(6), { websiteurl: 'https://notpemberley.example' }), {
      detect: false,
    });
    for (const key of [
      { by: 'ours', leadId: id(5) },
      { by: 'email', email: "d'arcy@example.net" },
      { by: 'domain', domain: 'pemberley.example' },
    ] as const) {
      expect(
        (await stage.tables.search('lead', key, ['subject'])).map((found) => found.id),
      ).toEqual([id(4)]);
    }
    expect(await stage.tables.search('lead', { by: 'ours', leadId: id(7) }, [])).toEqual([]);
    expect(await stage.tables.search('contact', { by: 'ours', leadId: id(7) }, [])).toEqual([]);
  });

  it('that may not be written say which privilege is missing', async () => {
    await stage.tables.create(
      { table: 'account', id: id(1), values: { name: 'Globex' }, parents: {} },
      { detect: false },
    );
    await expect(stage.tables.remove('account', id(1), '*')).rejects.toMatchObject({
      kind: 'permission',
      message: expect.stringContaining('prvDeleteAccount') as string,
    });
  });

  it('name their parents, and an opportunity its customer', () => {
    expect(buildPayload('opportunity', { name: 'X' }, { contact: 'c', lead: 'l' })).toEqual({
      name: 'X',
      'parentcontactid@odata.bind': '/contacts(c)',
      'originatingleadid@odata.bind': '/leads(l)',
      'customerid_contact@odata.bind': '/contacts(c)',
    });
    expect(buildPayload('opportunity', {}, { account: 'a', contact: 'c' })).toMatchObject({
      'customerid_account@odata.bind': '/accounts(a)',
    });
  });
});

it('ids follow from what a record stands for, and never change', () => {
  const values = { leadId: id(1), domain: 'Globex.example', email: ' ADA@globex.example ' };
  expect(toRecordId('connection', 'lead', values)).toBe(
    toRecordId('connection', 'lead', { leadId: id(1) }),
  );
  expect(toRecordId('connection', 'contact', values)).toBe(
    toRecordId('connection', 'contact', { email: 'ada@globex.example' }),
  );
  expect(toRecordId('connection', 'account', { domain: 'globex.example' })).toBe(
    toRecordId('connection', 'account', values),
  );
  expect(toRecordId('connection', 'lead', values)).not.toBe(
    toRecordId('connection', 'opportunity', values),
  );
  expect(toRecordId('connection', 'contact', {})).toBeNull();
  expect(
    toRecordId('01960000-0000-7000-8000-000000000000', 'account', { domain: 'globex.example' }),
  ).toBe('541ee942-c4f3-59d7-b76a-2ee7d7dfbc91');
});
