import { getProviderLabel } from '../posture/mx/providers.ts';
import type { Evidence, MailProvider, MxCheck } from '../posture/types.ts';

/** Its key among the providers of src/lib/posture/mx/providers.ts. */
export const microsoft365 = 'microsoft_365';

export interface MailProviderResult {
  /** Who keeps the mailboxes; null when nobody can tell. */
  provider: MailProvider | null;
  /** Whether the mailboxes are likely not at Microsoft 365, though nobody can tell where. */
  isElsewhere: boolean;
  reason: string;
}

/**
 * Who keeps the mailboxes of a company. One with an Azure tenant is at Microsoft 365, whatever
 * stands in front of its mail.
 */
export function resolveMailProvider(
  evidence: Evidence | null,
  azureTenantId: string | null,
): MailProviderResult {
  const seen = inferFromEvidence(evidence);
  if (azureTenantId === null) return seen;
  const other =
    seen.provider !== null && seen.provider !== microsoft365
      ? ` It counts for more than its MX records, which speak of ${getProviderLabel(seen.provider)}.`
      : '';
  return {
    provider: microsoft365,
    isElsewhere: false,
    reason: `Its Azure tenant ${azureTenantId} says so.${other}`,
  };
}

function inferFromEvidence(evidence: Evidence | null): MailProviderResult {
  if (evidence === null) return unknown('The domain was not scanned yet.');
  const { mx } = evidence;
  if (mx.nullMx) return unknown('The domain says that it receives no mail.');
  if (mx.verdict === 'unknown') return unknown('The name servers gave no answer.');
  if (mx.provider === null) return describeUnknownHost(mx, evidence.spf.verdict !== 'unknown');
  const reason =
    mx.certainty === 'inferred'
      ? formatInferred(mx)
      : `Its mail goes to ${mx.hosts[0]?.host ?? 'servers of this provider'}.`;
  return { provider: mx.provider, isElsewhere: false, reason };
}

/** Mailboxes at Microsoft 365 show in SPF even when an unknown server takes the mail. */
function describeUnknownHost(
  { gateway, hosts, verdict }: MxCheck,
  spfIsKnown: boolean,
): MailProviderResult {
  const [first] = hosts;
  if (gateway !== null)
    return unknown(
      `${getProviderLabel(gateway)} filters its mail, and nothing tells who keeps the mailboxes.`,
    );
  if (first === undefined || verdict === 'bad' || verdict === 'missing')
    return unknown('No server takes its mail.');
  return {
    provider: null,
    isElsewhere: spfIsKnown,
    reason: `Its mail goes to ${first.host}, which is none of the providers that are known.`,
  };
}

const unknown = (reason: string): MailProviderResult => ({
  provider: null,
  isElsewhere: false,
  reason,
});

function formatInferred({ gateway }: MxCheck): string {
  return `Inferred from SPF, DKIM or autodiscover: ${gateway === null ? 'an unknown server takes its mail' : `${getProviderLabel(gateway)} filters its mail`}.`;
}
