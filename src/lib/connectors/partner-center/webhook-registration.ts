import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { RemoteError } from '../../platform/http/errors.ts';
import { parseJson } from '../../platform/http/json.ts';
import type { HttpResponse, HttpRequest } from '../../platform/http/types.ts';
import type { RegistrationContext, WebhookRegistration } from '../contract/events.ts';
import type { PartnerCenterSettings } from './settings.ts';

/** The notices about referrals, and the one that is sent to try the way. */
export const WEBHOOK_EVENTS = [
  'referral-created',
  'referral-updated',
  'related-referral-created',
  'related-referral-updated',
  'test-created',
] as const;

const HOST = 'api.partnercenter.microsoft.com';
const PATH = 'webhooks/v1/registration';

type Context = RegistrationContext<PartnerCenterSettings>;

const registrationSchema = z.looseObject({
  WebhookUrl: z.string(),
  WebhookEvents: z.array(z.string()).catch([]),
});

/**
 * The API of registrations: another host than that of referrals, and tokens for that host.
 * Source: https://learn.microsoft.com/en-us/partner-center/developer/partner-center-webhooks
 */
export const registration: WebhookRegistration<PartnerCenterSettings> = {
  baseUrl: ({ webhookUrl }) => webhookUrl,
  hosts: [HOST],
  tokenForm: { resource: `https://${HOST}` },
  async read(context) {
    const response = await send(context, { accept: [404] });
    if (response.status === 404 || response.body.trim() === '') return null;
    const parsed = registrationSchema.safeParse(parseJson(response.body));
    if (!parsed.success)
      throw new RemoteError(
        'malformed',
        'Partner Center answered something that is not a registration.',
      );
    return { url: parsed.data.WebhookUrl, events: parsed.data.WebhookEvents };
  },
  async write(context, url, known) {
    // The header of its own: whatever stands between may take Authorization for itself.
    await send(context, {
      method: known === null ? 'POST' : 'PUT',
      json: {
        WebhookUrl: url,
        WebhookEvents: WEBHOOK_EVENTS,
        signatureTokenToMsSignatureHeader: true,
      },
    });
  },
  async test(context) {
    await send(context, { method: 'POST', json: {} }, '/validationEvents');
  },
};

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
