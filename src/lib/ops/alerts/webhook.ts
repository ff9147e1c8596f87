import { createHmac } from 'node:crypto';
import { config } from '../../platform/config.ts';
import { createHttpClient } from '../../platform/http/client.ts';
import { observeAttempts } from '../../platform/http/observe.ts';
import { registerSecret } from '../../platform/secrets.ts';
import type { Notice } from './notices.ts';
import { toWebhookBody } from './labels.ts';

const deadlineMs = 10_000;

export interface Webhook {
  url: string;
  secret: string;
}

/**
 * Posts a notification with the guarded HTTP client: https at a public address, or loopback where
 * the configuration allows it.
 */
export async function sendToWebhook({ url, secret }: Webhook, notice: Notice): Promise<void> {
  registerSecret(secret);
  const json = toWebhookBody(notice);
  const http = createHttpClient({
    allowedHosts: [new URL(url).hostname],
    allowLoopback: config().ALLOW_LOOPBACK_PROVIDERS,
    deadlineMs,
    retry: { retries: 0 },
    onRequest: observeAttempts('alert-webhook'),
  });
  try {
    // Any 2xx counts as received; the response body is ignored.
    await http.request({
      method: 'POST',
      url,
      json,
      headers: { accept: '*/*', ...createSignatureHeaders(secret, JSON.stringify(json)) },
    });
  } finally {
    await http.close();
  }
}

/**
 * Signs the body and the time: HMAC-SHA256, in hex, of the time (seconds since 1970), a full stop
 * and the body.
 */
function createSignatureHeaders(
  secret: string,
  body: string,
  now = new Date(),
): Record<string, string> {
  const timestamp = String(Math.floor(now.getTime() / 1000));
  const mac = createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex');
  return { 'x-tributary-timestamp': timestamp, 'x-tributary-signature': `sha256=${mac}` };
}
