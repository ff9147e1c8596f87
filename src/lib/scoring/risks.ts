import type { Check, Evidence } from '../posture/types.ts';
import type { BreakdownItem } from './types.ts';
import type { Weights } from './weights.ts';

interface Risk {
  key: string;
  label: string;
  weight: keyof Weights['risks'];
  /** What it is read from. */
  getCheck: (evidence: Evidence) => Check;
  /** Why it is one, in plain words; undefined when it is none. */
  reason: (evidence: Evidence) => string | undefined;
}

const minRsaBits = 1024;

/** In the order in which they are told. What is good or unknown is no risk. */
const risks: readonly Risk[] = [
  {
    key: 'risk.spf_open',
    label: 'SPF lets anybody send',
    weight: 'spfOpen',
    getCheck: ({ spf }) => spf,
    reason: ({ spf }) =>
      isFlawed(spf) && spf.records.length > 0 && spf.all !== 'fail' && spf.all !== 'softfail'
        ? `It ends in ${spf.all === null ? 'nothing' : spf.all}: mail from any server is as good as its own.`
        : undefined,
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
      dmarc.verdict === 'missing' ? 'Without DMARC anybody can send mail in its name.' : undefined,
  },
  {
    key: 'risk.dmarc_lax',
    label: 'DMARC does not protect',
    weight: 'dmarcLax',
    getCheck: ({ dmarc }) => dmarc,
    reason: ({ dmarc }) =>
      isFlawed(dmarc) && (dmarc.testing || dmarc.policy === 'none')
        ? `The policy is ${dmarc.testing ? 'under test' : 'none'}: forged mail is delivered all the same.`
        : undefined,
  },
  {
    key: 'risk.dkim_unsafe',
    label: 'Unsafe DKIM key',
    weight: 'dkimUnsafe',
    getCheck: ({ dkim }) => dkim,
    reason: ({ dkim }) => {
      const unsafe = isFlawed(dkim)
        ? dkim.selectors.find(
            ({ revoked, testing, bits, keyType }) =>
              revoked || testing || (keyType === 'rsa' && bits !== null && bits < minRsaBits),
          )
        : undefined;
      return unsafe === undefined
        ? undefined
        : `The key ${unsafe.selector} is ${unsafe.revoked ? 'revoked' : unsafe.testing ? 'under test' : 'too short'}.`;
    },
  },
];

/** The risks of a domain, each with the points that it takes. */
export function computeRisks(evidence: Evidence | null, weights: Weights): BreakdownItem[] {
  if (evidence === null) return [];
  return risks.flatMap(({ key, label, weight, getCheck, reason }) => {
    const text = reason(evidence);
    const { verdict, checkedAt } = getCheck(evidence);
    return text === undefined
      ? []
      : [
          {
            key,
            label,
            points: 0 - weights.risks[weight],
            most: null,
            verdict,
            evidence: text,
            checkedAt,
          },
        ];
  });
}

const isFlawed = ({ verdict }: Check): boolean => verdict === 'weak' || verdict === 'bad';
const findError = ({ findings }: Check): string | undefined =>
  findings.find(({ severity }) => severity === 'error')?.message;
