import { and, eq, sql } from 'drizzle-orm';
import { DecryptionError } from '../../../platform/crypto.ts';
import { RemoteError } from '../../../platform/http/errors.ts';
import { log } from '../../../platform/log.ts';
import { getProvider } from '../../../connectors/registry.ts';
import { withTenant } from '../../../identity/tenancy/with-tenant.ts';
import { checkToken } from '../../check.ts';
import { insertConnection } from '../../connections.ts';
import { replaceSecrets, switchOn } from '../../manage.ts';
import { deviceConsents } from '../../../schema/connections.ts';
import { checkSettings } from '../../validate.ts';
import { deviceOf, poll, type Poll } from './endpoint.ts';
import { openConsent, type KeptSecrets } from './sealed.ts';

type Consent = typeof deviceConsents.$inferSelect;

/**
 * How much longer we wait from the moment on in which we are told that we ask too often (RFC 8628,
 * 3.5).
 */
const slowerBySeconds = 5;

/**
 * Looks once whether a person has agreed, and connects the account if so. Answers when to look
 * again; null when it has ended.
 */
export async function pollConsent(tenantId: string, consentId: string): Promise<Date | null> {
  const consent = await readWaiting(tenantId, consentId);
  if (consent === undefined) return null;
  if (consent.isOver)
    return end(consent, 'expired', 'Nobody signed in while the code was good. Start again.');
  const kept = openKept(consent);
  const provider = getProvider(consent.provider);
  const device = deviceOf(provider);
  if (kept === undefined || device === undefined)
    return end(consent, 'refused', 'What was entered cannot be read any more. Start again.');
  const settings = checkSettings(provider, consent.settings as Record<string, unknown>);
  try {
    return await decide(consent, kept, await poll(device, settings, kept.secrets, kept.deviceCode));
  } catch (error) {
    if (!(error instanceof RemoteError)) throw error;
    log.warn(
      { event: 'consent.unanswered', tenantId, provider: consent.provider, kind: error.kind },
      'A consent could not be asked after',
    );
    return later(consent.intervalSeconds * 2);
  }
}

async function decide(consent: Consent, kept: KeptSecrets, answer: Poll): Promise<Date | null> {
  switch (answer.kind) {
    case 'pending':
      return later(consent.intervalSeconds);
    case 'slower':
      return slower(consent);
    case 'refused':
      return end(consent, 'refused', 'The person who signed in refused the consent.');
    case 'expired':
      return end(consent, 'expired', 'Nobody signed in while the code was good. Start again.');
    case 'dead':
      return end(
        consent,
        'refused',
        `The provider does not take the code any more (${answer.code}). Start again.`,
      );
    case 'token':
      return connect(
        consent,
        { ...kept.secrets, refreshToken: answer.refreshToken },
        answer.accessToken,
      );
  }
}

/**
 * In one transaction: the connection is there with all its secrets and the consent has ended, or
 * neither.
 */
async function connect(
  consent: Consent,
  secrets: Record<string, string>,
  accessToken: string,
): Promise<null> {
  const { tenantId, id, connectionId, label, requestedBy } = consent;
  const provider = getProvider(consent.provider);
  const settings = consent.settings as Record<string, unknown>;
  const refusal = await checkToken(
    provider,
    checkSettings(provider, settings),
    secrets,
    accessToken,
  );
  if (refusal !== null) return end(consent, 'refused', refusal);
  await withTenant(tenantId, async (tx) => {
    const [locked] = await tx
      .select({ state: deviceConsents.state })
      .from(deviceConsents)
      .where(ofConsent(tenantId, id))
      .for('update');
    if (locked?.state !== 'waiting') return;
    const connection =
      connectionId === null
        ? await insertConnection(tx, { tenantId, provider: provider.key, label, settings, secrets })
        : await replaceSecrets(tx, provider, { tenantId, id: connectionId }, secrets);
    await tx
      .update(deviceConsents)
      .set({ state: 'connected', sealed: null, connectionId: connection.id })
      .where(ofConsent(tenantId, id));
  });
  await switchOn(tenantId, provider, requestedBy);
  log.info(
    { event: 'consent.connected', tenantId, provider: provider.key },
    'An account was connected with a code',
  );
  return null;
}

/** The device code and all that was entered are gone with its end. */
async function end(
  { tenantId, id }: Consent,
  state: 'refused' | 'expired',
  message: string,
): Promise<null> {
  await withTenant(tenantId, (tx) =>
    tx
      .update(deviceConsents)
      .set({ state, message, sealed: null })
      .where(and(ofConsent(tenantId, id), eq(deviceConsents.state, 'waiting'))),
  );
  log.info(
    { event: 'consent.ended', tenantId, kind: state },
    'A consent ended without a connection',
  );
  return null;
}

async function slower({ tenantId, id, intervalSeconds }: Consent): Promise<Date> {
  const longer = intervalSeconds + slowerBySeconds;
  await withTenant(tenantId, (tx) =>
    tx.update(deviceConsents).set({ intervalSeconds: longer }).where(ofConsent(tenantId, id)),
  );
  return later(longer);
}

function readWaiting(
  tenantId: string,
  id: string,
): Promise<(Consent & { isOver: boolean }) | undefined> {
  return withTenant(tenantId, async (tx) => {
    const [row] = await tx
      .select({
        consent: deviceConsents,
        isOver: sql<boolean>`${deviceConsents.expiresAt} <= now()`,
      })
      .from(deviceConsents)
      .where(and(ofConsent(tenantId, id), eq(deviceConsents.state, 'waiting')));
    return row && { ...row.consent, isOver: row.isOver };
  });
}

function openKept({ tenantId, id, sealed }: Consent): KeptSecrets | undefined {
  try {
    return sealed === null ? undefined : openConsent({ tenantId, id }, sealed);
  } catch (error) {
    if (error instanceof DecryptionError) return undefined;
    throw error;
  }
}

const later = (seconds: number): Date => new Date(Date.now() + seconds * 1000);
const ofConsent = (tenantId: string, id: string) =>
  and(eq(deviceConsents.tenantId, tenantId), eq(deviceConsents.id, id));
