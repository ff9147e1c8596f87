import type { Check, Evidence } from '../posture/types.ts';
import type { BreakdownItem } from './types.ts';
import type { Weights } from './weights.ts';

interface Risk {
  key: string;
  label: string;
  weight: keyof Weights['risks'];
  /** The check that it follows from. */
  getCheck: (evidence: Evidence) => Check;
  /** A sentence that explains the risk; undefined when there is none. */
  reason: (evidence: Evidence) => string | undefined;
}

/** RFC 8301, 3.2: signers must use RSA keys of at least 1024 bits. */
const minRsaBits = 1024;

/** In the order of display. A check that is good or unknown is never a risk. */
const risks: readonly Risk[] = [
  {
    key: 'risk.spf_open',
    label: 'SPF allows any server',
    weight: 'spfOpen',
    getCheck: ({ spf }) => spf,
    reason: ({ spf }) =>
      isFlawed(spf) && spf.records.length > 0 ? explainOpenSpf(spf) : undefined,
  },
  {
    key: 'risk.spf_broken',
    label: 'SPF is broken',
    weight: 'spfBroken',
    getCheck: ({ spf }) => spf,
    reason: ({ spf }) =>
      spf.verdict === 'bad'
        ? (findError(spf) ?? 'Receivers cannot evaluate its SPF record.')
        : undefined,
  },
  {
    key: 'risk.no_dmarc',
    label: 'No DMARC',
    weight: 'noDmarc',
    getCheck: ({ dmarc }) => dmarc,
    reason: ({ dmarc }) =>
      dmarc.verdict === 'missing' ? 'Without DMARC, anyone can send mail in its name.' : undefined,
  },
  {
    key: 'risk.dmarc_lax',
    label: 'DMARC does not protect',
    weight: 'dmarcLax',
    getCheck: ({ dmarc }) => dmarc,
    reason: ({ dmarc }) =>
      isFlawed(dmarc) && (dmarc.testing || dmarc.policy === 'none')
        ? `The policy is ${dmarc.testing ? 'in test mode' : 'none'}, so forged mail still arrives.`
        : undefined,
  },
  {
    key: 'risk.dkim_unsafe',
    label: 'Unsafe DKIM key',
    weight: 'dkimUnsafe',
    getCheck: ({ dkim }) => dkim,
    reason: ({ dkim }) => (isFlawed(dkim) ? findUnsafeKey(dkim) : undefined),
  },
];

/** The risks of a domain, each with the points that it takes off the score (below 0). */
export function computeRisks(evidence: Evidence | null, weights: Weights): BreakdownItem[] {
  if (evidence === null) return [];
  return risks.flatMap(({ key, label, weight, getCheck, reason }) => {
    const text = reason(evidence);
    const { verdict, checkedAt } = getCheck(evidence);
    if (text === undefined) return [];
    const points = 0 - weights.risks[weight];
    return [{ key, label, points, most: null, verdict, evidence: text, checkedAt }];
  });
}

/** Why mail from any server is accepted; undefined when it is not. */
function explainOpenSpf({ all, findings }: Evidence['spf']): string | undefined {
  if (all !== 'fail' && all !== 'softfail')
    return `The record ends ${formatAll(all)}, so mail from any server is accepted.`;
  return findings.some(({ code }) => code === 'spf.pass_all')
    ? 'The record lets any server send without saying so.'
    : undefined;
}

/** "without "all"", "in "+all"": how an SPF record ends that is not "-all" or "~all". */
function formatAll(all: Evidence['spf']['all']): string {
  if (all === null) return 'without "all"';
  return all === 'pass' ? 'in "+all"' : 'in "?all"';
}

function findUnsafeKey({ selectors }: Evidence['dkim']): string | undefined {
  for (const { selector, revoked, testing, bits, keyType } of selectors) {
    if (revoked) return `The key ${selector} is revoked.`;
    if (testing) return `The key ${selector} is in test mode.`;
    if (keyType === 'rsa' && bits !== null && bits < minRsaBits)
      return `The key ${selector} is too short.`;
  }
  return undefined;
}

const isFlawed = ({ verdict }: Check): boolean => verdict === 'weak' || verdict === 'bad';
const findError = ({ findings }: Check): string | undefined =>
  findings.find(({ severity }) => severity === 'error')?.message;
