import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Access, Role } from '#lib/identity/auth/access.ts';
import { Problem } from '#lib/platform/errors.ts';
import { action, atLeast, byButton, guarded, text } from '../../../src/actions/action.ts';
import { submitConflicts } from '../../../src/actions/conflicts.ts';
import { submitConnections } from '../../../src/actions/connections.ts';
import { submitCorrection, submitDeadLetters } from '../../../src/actions/dead-letters.ts';
import { submitFeatures } from '../../../src/actions/features.ts';
import { handleForm, redirectAfterPost, type Fields } from '../../../src/actions/form.ts';
import { submitLeads } from '../../../src/actions/leads.ts';
import { readDraft, submitMapping } from '../../../src/actions/mapping.ts';
import { submitMembers } from '../../../src/actions/members.ts';
import { submitPushes } from '../../../src/actions/pushes.ts';
import { submitReferral } from '../../../src/actions/referrals.ts';
import { submitReport } from '../../../src/actions/reports.ts';
import { submitScoring } from '../../../src/actions/scoring.ts';
import { requestSyncByForm } from '../../../src/actions/sync.ts';
import { focusOf, formMessage } from '../../../src/components/ui/form-state.ts';
import { problemOf } from './people.ts';

const url = new URL('https://app.test/w/summit/page?q=1');
const as = (role: Role): Access => ({
  role,
  tenant: {
    id: 't',
    slug: 'summit',
    name: 'Summit',
    timeZone: 'UTC',
    currency: 'USD',
    accent: null,
    logoUrl: null,
  },
  user: { id: 'u', name: 'Ada', email: 'ada@summit.test' },
  isStaff: role === 'staff',
  needsSecondFactor: false,
  features: ['lead-engine', 'crm-push'],
});
const inside = (access: Access): Parameters<typeof submitMembers>[0] => ({
  access,
  signedIn: {
    user: { ...access.user, twoFactorEnabled: false, ssoProviderId: null },
    session: { id: 's', activeTenantId: null, expiresAt: new Date() },
  },
});
const draft = readDraft({});
const drawn = { page: 'leads', period: 'All', html: '', dataAsOf: null };
const context = { request: new Request(url, { method: 'POST' }), url } as Parameters<
  typeof requestSyncByForm
>[0];

/** Each form of a workspace, with a role that is just too low for it. */
const refused: [string, Role, (access: Access) => Promise<unknown>][] = [
  ...[
    'invite',
    'resend',
    'revoke',
    'role',
    'remove',
    'end-sessions',
    'reset-two-factor',
    'demand-on',
    'demand-off',
  ].map((intent): (typeof refused)[number] => [
    `members: ${intent}`,
    'member',
    (access) => submitMembers(inside(access), { intent }),
  ]),
  ...[
    'connect',
    'consent',
    'reconnect',
    'reconsent',
    'share',
    'stop-using',
    'stop-lending',
    'pause',
    'webhook',
    'webhook-address',
    'replay',
  ].map((intent): (typeof refused)[number] => [
    `connections: ${intent}`,
    'member',
    (access) => submitConnections(access, { intent }),
  ]),
  ...['retry', 'retry-group', 'discard', 'job-retry', 'job-retry-group', 'job-discard'].map(
    (intent): (typeof refused)[number] => [
      `dead letters: ${intent}`,
      'member',
      (access) => submitDeadLetters(access, url, { intent }),
    ],
  ),
  ...['ours', 'theirs', 'all-ours', 'all-theirs', 'no such button'].map(
    (intent): (typeof refused)[number] => [
      `conflicts: ${intent}`,
      'viewer',
      (access) => submitConflicts(access, url, { intent }),
    ],
  ),
  ...['push', 'retry-failed', 'no such button'].map((intent): (typeof refused)[number] => [
    `pushes: ${intent}`,
    'viewer',
    (access) => submitPushes(access, url, { intent }),
  ]),
  ...['preview', 'save'].map((intent): (typeof refused)[number] => [
    `scoring: ${intent}`,
    'member',
    (access) => submitScoring(access, { intent }, {}),
  ]),
  ...['save', 'restore:0', 'refresh', 'check'].map((intent): (typeof refused)[number] => [
    `mapping: ${intent}`,
    'member',
    (access) => submitMapping(access, 'c', draft, { intent }),
  ]),
  ['leads: push', 'viewer', (access) => submitLeads(access, url, { intent: 'push' })],
  ['correction', 'member', (access) => submitCorrection(access, 'r', {})],
  ['features', 'member', (access) => submitFeatures(access, { feature: 'crm-push', to: 'on' })],
  [
    'referral',
    'viewer',
    (access) => submitReferral(access, 'r', url, { state: 'Active/Accepted' }),
  ],
  ['report', 'admin', (access) => submitReport(access, url, drawn, { title: 'Numbers' })],
  ['sync', 'viewer', (access) => requestSyncByForm(context, access)],
];

describe('the forms of a workspace', () => {
  // There is no database here: a verb that is reached fails in another way.
  it.each(refused)('%s is refused to the role %s', async (_form, role, send) => {
    expect((await problemOf(send(as(role)))).code).toBe('forbidden');
  });

  it.each([
    ['members', (fields: Fields) => submitMembers(inside(as('admin')), fields)],
    ['connections', (fields: Fields) => submitConnections(as('admin'), fields)],
    ['dead letters', (fields: Fields) => submitDeadLetters(as('admin'), url, fields)],
    ['conflicts', (fields: Fields) => submitConflicts(as('member'), url, fields)],
    ['pushes', (fields: Fields) => submitPushes(as('member'), url, fields)],
    ['scoring', (fields: Fields) => submitScoring(as('admin'), fields, {})],
    ['mapping', (fields: Fields) => submitMapping(as('admin'), 'c', draft, fields)],
    ['leads', (fields: Fields) => submitLeads(as('member'), url, fields)],
    ['features', (fields: Fields) => submitFeatures(as('admin'), fields)],
  ])('%s: a button that the page does not have is a bad request', async (_page, send) => {
    for (const intent of ['', 'nonsense', 'constructor', '__proto__', 'toString'])
      expect(await problemOf(send({ intent })), intent).toMatchObject({
        code: 'bad_request',
        message: 'This form does not belong to this page. Reload the page.',
      });
    expect((await problemOf(send({}))).code).toBe('bad_request');
  });

  it('a referral asks for a state of two parts', async () => {
    for (const state of ['', 'Active', '/Accepted', 'Active/'])
      expect(
        await problemOf(submitReferral(as('member'), 'r', url, { state })),
        state,
      ).toMatchObject({ code: 'bad_request', message: 'Choose a new status for the referral.' });
  });
});

describe('an action', () => {
  const kind = z.object({ name: text, kind: z.enum(['a', 'b'], { error: 'Choose a or b.' }) });
  const echo = action(kind, async (who: string, input) => ({ who, ...input }));

  it('gives its verb the fields of its schema, and no others', async () => {
    expect(await echo('ada', { kind: 'a', other: 'x', intent: 'y' })).toEqual({
      who: 'ada',
      name: '',
      kind: 'a',
    });
  });

  it('refuses what its schema refuses, with the words of the schema and no field', async () => {
    expect(await problemOf(echo('ada', { name: 'x', kind: 'c' }))).toMatchObject({
      code: 'bad_request',
      message: 'Choose a or b.',
      details: undefined,
    });
  });

  it('looks at no field before its guard has let somebody through', async () => {
    const members = guarded(
      atLeast('member', 'Not for viewers.'),
      action(kind, async (_access: Access) => 'done'),
    );
    expect(await problemOf(members(as('viewer'), { kind: 'c' }))).toMatchObject({
      code: 'forbidden',
      message: 'Not for viewers.',
    });
    expect(await members(as('member'), { kind: 'a' })).toBe('done');
  });

  it('is chosen by the button', async () => {
    const both = byButton({ greet: echo, part: echo });
    expect(await both('ada', { intent: 'part', kind: 'b' })).toMatchObject({ kind: 'b' });
  });
});

describe('forms', () => {
  const post = (fields: Record<string, string>) => ({
    request: new Request(url, { method: 'POST', body: new URLSearchParams(fields) }),
    response: { status: 200, headers: new Headers() } as unknown as Parameters<
      typeof handleForm
    >[0]['response'],
  });

  it('keep what was typed, but no secrets, and start in the first wrong field', async () => {
    const astro = post({ email: 'ada', password: 'hunter2', code: '123', newPassword: 'hunter3' });
    const form = await handleForm(astro, async () => {
      throw new Problem('bad_request', 'No.', { fields: { password: 'Wrong.', email: 'Odd.' } });
    });
    expect(form).toMatchObject({
      values: { email: 'ada' },
      errors: { email: 'Odd.', password: 'Wrong.' },
    });
    if (form instanceof Response) throw new Error('It went on');
    expect(Object.keys(form.values)).toEqual(['email']);
    expect([
      astro.response.status,
      formMessage(form),
      focusOf(form, ['email', 'password']),
    ]).toEqual([400, null, 'email']);
  });

  it('pass on the time to wait', async () => {
    const astro = post({});
    const form = await handleForm(astro, async () => {
      throw new Problem('rate_limited', 'Wait.', { retryAfter: 90 });
    });
    expect([astro.response.status, astro.response.headers.get('retry-after')]).toEqual([429, '90']);
    expect(!(form instanceof Response) && formMessage(form)).toBe('Wait.');
  });

  it('take forms only', async () => {
    const astro = {
      ...post({}),
      request: new Request(url, {
        method: 'POST',
        body: '{}',
        headers: { 'content-type': 'application/json' },
      }),
    };
    await expect(handleForm(astro, async () => {})).rejects.toThrow(
      'This address accepts only form submissions.',
    );
  });

  it('go on to where they are told, unchanged', () => {
    const next = '/two-factor?next=%2Fw%2Fsummit%2Fleads%3Fa%3Db';
    expect(redirectAfterPost(next).headers.get('location')).toBe(next);
  });
});
