import { getProviderLabel } from '../posture/mx/providers.ts';
import type { Evidence, MailProvider, MxCheck } from '../posture/types.ts';

/** Key of Microsoft 365 in src/lib/posture/mx/providers.ts. */
export const microsoft365 = 'microsoft_365';

export interface MailProviderResult {
  /** Who hosts the mailboxes; null when unknown. */
  provider: MailProvider | null;
  /** Whether the mailboxes are probably not at Microsoft 365, though it is unknown where. */
  isElsewhere: boolean;
  reason: string;
}

/**
 * Determines who hosts the mailboxes of a company. A company with an Azure tenant is at Microsoft
 * 365, whatever filters its mail.
 */
export function resolveMailProvider(
  evidence: Evidence | null,
  azureTenantId: string | null,
): MailProviderResult {
  const seen = inferFromEvidence(evidence);
  if (azureTenantId === null) return seen;
  const other =
    seen.provider !== null && seen.provider !== microsoft365
      ? ` This outweighs its MX records, which point to ${getProviderLabel(seen.provider)}.`
      : '';
  return {
    provider: microsoft365,
    isElsewhere: false,
    reason: `The company has the Azure tenant ${azureTenantId}.${other}`,
  };
}

function inferFromEvidence(evidence: Evidence | null): MailProviderResult {
  if (evidence === null) return unknown('The domain has not been scanned yet.');
  const { mx } = evidence;
  if (mx.nullMx) return unknown('The domain declares that it receives no mail.');
  if (mx.verdict === 'unknown') return unknown('The name servers did not respond.');
  if (mx.provider === null) return describeUnknownHost(mx, evidence.spf.verdict !== 'unknown');
  const reason =
    mx.certainty === 'inferred'
      ? formatInferred(mx)
      : `Its mail goes to ${mx.hosts[0]?.host ?? 'servers of this provider'}.`;
  return { provider: mx.provider, isElsewhere: false, reason };
}

/**
 * With SPF known, Microsoft 365 can be ruled out: its mailboxes show in SPF even when an unknown
 * server receives the mail.
 */
function describeUnknownHost(
  { gateway, hosts, verdict }: MxCheck,
  spfIsKnown: boolean,
): MailProviderResult {
  const [first] = hosts;
  if (gateway !== null)
    return unknown(
      `${getProviderLabel(gateway)} filters its mail, and nothing shows who hosts its mailboxes.`,
    );
  if (first === undefined || verdict === 'bad' || verdict === 'missing')
    return unknown('No server receives its mail.');
  return {
    provider: null,
    isElsewhere: spfIsKnown,
    reason: `Its mail goes to ${first.host}, which belongs to no known provider.`,
  };
}

const unknown = (reason: string): MailProviderResult => ({
  provider: null,
  isElsewhere: false,
  reason,
});

function formatInferred({ gateway }: MxCheck): string {
  const how =
    gateway === null
      ? 'an unknown server receives its mail'
      : `${getProviderLabel(gateway)} filters its mail`;
  return `Inferred from SPF, DKIM or autodiscover: ${how}.`;
}
