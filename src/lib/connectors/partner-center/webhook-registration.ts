import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { HttpResponse, HttpRequest } from '../../platform/http/types.ts';
import type { RegistrationContext, WebhookRegistration } from '../contract/events.ts';
import { parseBody, withLowerCaseNames } from '../kit/json.ts';
import type { PartnerCenterSettings } from './settings.ts';

/** It is sent when it is asked for. */
const TEST_EVENT = 'test-created';

/** The events about referrals, and the one that is sent to test the registration. */
export const WEBHOOK_EVENTS = [
  'referral-created',
  'referral-updated',
  'related-referral-created',
  'related-referral-updated',
  TEST_EVENT,
] as const;

const HOST = 'api.partnercenter.microsoft.com';
const PATH = 'webhooks/v1/registration';

type Context = RegistrationContext<PartnerCenterSettings>;

/**
 * The guide writes WebhookUrl, the specification webhookUrl, so names are compared without case.
 * Null when nothing is registered.
 */
const registrationSchema = z
  .preprocess(
    withLowerCaseNames,
    z.looseObject({ webhookurl: z.string(), webhookevents: z.array(z.string()).catch([]) }),
  )
  .nullable();

/**
 * The API for webhook registrations. It has a host of its own and needs tokens for that host.
 * Source: https://learn.microsoft.com/en-us/partner-center/developer/partner-center-webhooks
 */
export const registration: WebhookRegistration<PartnerCenterSettings> = {
  baseUrl: ({ webhookUrl }) => webhookUrl,
  hosts: [HOST],
  tokenForm: { resource: `https://${HOST}` },
  async read(context) {
    const response = await send(context, { accept: [404] });
    if (response.status === 404 || response.body.trim() === '') return null;
    const known = parseBody(
      registrationSchema,
      response.body,
      'Partner Center returned something that is not a webhook registration.',
    );
    return known === null ? null : { url: known.webhookurl, events: known.webhookevents };
  },
  async write(context, url, known) {
    await send(context, {
      method: known === null ? 'POST' : 'PUT',
      json: compose(url, WEBHOOK_EVENTS),
    });
  },
  // No operation deletes a registration, so what is left of it is the event that only we ask for:
  // https://learn.microsoft.com/en-us/rest/api/partner-center/webhook
  async remove(context, { url }) {
    await send(context, { method: 'PUT', json: compose(url, [TEST_EVENT]) });
  },
  async test(context) {
    await send(context, { method: 'POST', json: {} }, '/validationEvents');
  },
};

/** Requests the signature in a separate header, because proxies may consume Authorization. */
const compose = (url: string, events: readonly string[]) => ({
  WebhookUrl: url,
  WebhookEvents: events,
  signatureTokenToMsSignatureHeader: true,
});

function send(
  { http, settings }: Context,
  request: Omit<HttpRequest, 'url'>,
  subPath = '',
): Promise<HttpResponse> {
  return http.request({
    ...request,
    url: `${new URL(PATH, settings.webhookUrl).href}${subPath}`,
    headers: { 'MS-CorrelationId': randomUUID(), 'MS-RequestId': randomUUID() },
  });
}
