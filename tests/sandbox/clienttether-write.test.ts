import { expect, test } from 'vitest';
import { callerOf, withSandbox } from './helpers.ts';

test('a client is written with ids and read back with names', () =>
  withSandbox({}, async (sandbox) => {
    const { get, send } = callerOf(sandbox);
    const stage = (await get('read_sales_cycle_list')).data[2];
    const source = (await get('read_lead_source_list')).data[1];
    const created = await send('POST', 'create_client', {
      firstName: 'Nora',
      lastName: 'Testwell',
      phone: '(303) 555-0199',
      external_id: 'X-1',
      sales_cycle_id: stage?.sales_cycle_id,
      lead_source_id: source?.lead_source_id,
      favourite_colour: 'teal',
    });
    expect(created.data).toEqual([{ client_id: expect.any(String) as string, external_id: 'X-1' }]);
    const [row] = (await get(`read_client_by_id/${String(created.data[0]?.client_id)}`)).data;
    expect(row).toMatchObject({
      clients_sales_cycle: stage?.sales_cycle_name,
      clients_lead_source: source?.lead_source_name,
      phone: '3035550199',
      favourite_colour: 'teal',
    });
    expect(row).not.toHaveProperty('sales_cycle_id');
    expect((await get('read_client_list?limit=1')).data[0]).toEqual(row);
  }));

test('fields may stand in the query string; a blank stage is a new lead', () =>
  withSandbox({}, async (sandbox) => {
    const { fetch, get } = callerOf(sandbox);
    await fetch('create_client?firstName=Query&lastName=String&email=query.string@example.com', {
      method: 'POST',
    });
    expect((await get('read_client_list?limit=1')).data[0]).toMatchObject({
      firstName: 'Query',
      clients_sales_cycle: '',
      external_id: false,
    });
    expect((await get('read_client_exist?email=query.string@example.com')).data).toHaveLength(1);
    expect((await get('read_client_exist?phone=0000000000')).code).toBe('CT515');
  }));

test('the same lead sent twice becomes two leads', () =>
  withSandbox({}, async (sandbox) => {
    const { get, send } = callerOf(sandbox);
    const lead = { firstName: 'Twice', lastName: 'Sent', phone: '3035550111', external_id: 'T-1' };
    await send('POST', 'create_client', lead);
    await send('POST', 'create_client', lead);
    expect((await get('read_client_exist?phone=3035550111')).data).toHaveLength(2);
  }));

test('a lead without a name is refused', () =>
  withSandbox({}, async (sandbox) => {
    const before = sandbox.clienttether.account('summit').clients.size;
    const answer = await callerOf(sandbox).send('POST', 'create_client', { firstName: 'Only' });
    expect([answer.code, answer.raw.client_id]).toEqual(['CT400', false]);
    expect(sandbox.clienttether.account('summit').clients.size).toBe(before);
  }));

test('an update keeps what it does not name and can append to the whiteboard', () =>
  withSandbox({}, async (sandbox) => {
    const { get, send } = callerOf(sandbox);
    const id = String(
      (
        await send('POST', 'create_client', {
          firstName: 'Up',
          lastName: 'Date',
          whiteboard: '<p>one</p>',
        })
      ).data[0]?.client_id,
    );
    sandbox.clock.shift(60_000);
    expect(
      (
        await send('POST', 'update_client_by_id', {
          client_id: id,
          city: 'Boise',
          append_whiteboard: '<p>two</p>',
        })
      ).code,
    ).toBe('CT200');
    const [row] = (await get(`read_client_by_id/${id}`)).data;
    expect(row).toMatchObject({
      firstName: 'Up',
      city: 'Boise',
      whiteboard: '<p>one</p><p>two</p>',
      created: '2026-11-20 12:00:00',
      last_modified_date: '2026-11-20 12:01:00',
    });
    expect((await send('POST', 'update_client_by_id', { client_id: '404' })).code).toBe('CT515');
  }));

test('a client is deleted by id or external id, but not while an opportunity uses it', () =>
  withSandbox({}, async (sandbox) => {
    const { get, send } = callerOf(sandbox);
    const first = String(
      (
        await send('POST', 'create_client', {
          firstName: 'De',
          lastName: 'Lete',
          external_id: 'D-1',
        })
      ).data[0]?.client_id,
    );
    expect(
      (await send('DELETE', 'delete_client_by_external_id', { external_id: 'D-1' })).code,
    ).toBe('CT200');
    expect((await get(`read_client_by_id/${first}`)).code).toBe('CT515');
    expect((await send('DELETE', 'delete_client_by_id', { client_id: first })).code).toBe('CT515');
    const { opportunities = [], clients = [] } = sandbox.clienttether.truth('summit');
    const inUse = clients.find(
      (row) =>
        row.email !== '' &&
        row.lastName === opportunities.at(-1)?.lastName &&
        row.firstName === opportunities.at(-1)?.firstName,
    );
    expect(
      (await send('DELETE', 'delete_client_by_id', { client_id: inUse?.client_id })).code,
    ).toBe('CT512');
  }));
