import { check, error, info, recordsOf, unanswered, warning } from './findings.ts';
import type { Ask } from './resolver.ts';
import { recordTags } from './tags.ts';
import type { Check, DmarcCheck, MxCheck } from './types.ts';

/** Whether somebody hears of encryption that fails (TLS reporting, RFC 8460). */
export async function checkTlsRpt(
  domain: string,
  { ask, mx, now }: { ask: Ask; mx: MxCheck; now: () => Date },
): Promise<Check> {
  const answer = await ask(`_smtp._tls.${domain}`, 'TXT');
  if (answer.kind === 'failed')
    return check(
      'unknown',
      [],
      [unanswered('tls_rpt.unanswered', 'TLS reporting', answer.reason)],
      now,
    );
  if (mx.verdict === 'not_applicable' || mx.verdict === 'missing')
    return check('not_applicable', [], [], now);
  const records = recordsOf(answer).filter((text) => /^v=TLSRPTv1\s*(;|$)/.test(text));
  const [text, ...others] = records;
  if (text === undefined)
    return check(
      'missing',
      [],
      [
        info(
          'tls_rpt.missing',
          'There is no TLS reporting: nobody hears when mail cannot be encrypted on its way.',
        ),
      ],
      now,
    );
  const reports = (recordTags(text).get('rua') ?? '')
    .split(',')
    .filter((uri) => /^\s*(mailto:[^@\s]+@[^@\s]+|https:\/\/\S+)\s*$/i.test(uri));
  if (others.length > 0 || reports.length === 0)
    return check(
      'bad',
      records,
      [
        error(
          'tls_rpt.bad_record',
          'There is not exactly one TLS reporting record with an address (rua), so that nobody gets reports. Correct _smtp._tls.',
        ),
      ],
      now,
    );
  return check('good', records, [], now);
}

/** Whether receivers show a logo (BIMI): they do so only under an enforced DMARC policy. */
export async function checkBimi(
  domain: string,
  { ask, dmarc, now }: { ask: Ask; dmarc: DmarcCheck; now: () => Date },
): Promise<Check> {
  const answer = await ask(`default._bimi.${domain}`, 'TXT');
  if (answer.kind === 'failed')
    return check('unknown', [], [unanswered('bimi.unanswered', 'BIMI', answer.reason)], now);
  const text = recordsOf(answer).find((record) => /^v=BIMI1\s*(;|$)/i.test(record));
  if (text === undefined)
    return check(
      'missing',
      [],
      [info('bimi.missing', 'There is no BIMI record, so that receivers show no logo.')],
      now,
    );
  const logo = recordTags(text).get('l') ?? '';
  if (logo === '')
    return check(
      'not_applicable',
      [text],
      [info('bimi.declined', 'The domain says that it has no logo to show.')],
      now,
    );
  if (!/^https:\/\/\S+$/i.test(logo))
    return check(
      'bad',
      [text],
      [
        error(
          'bimi.bad_logo',
          "The logo's address does not begin with https://, so that receivers do not fetch it. Correct it.",
        ),
      ],
      now,
    );
  if (dmarc.verdict === 'unknown')
    return check(
      'unknown',
      [text],
      [
        info(
          'bimi.policy_unknown',
          'Whether the DMARC policy lets receivers show the logo could not be found out.',
        ),
      ],
      now,
    );
  const enforced = dmarc.policy === 'quarantine' || dmarc.policy === 'reject';
  return enforced
    ? check('good', [text], [], now)
    : check(
        'weak',
        [text],
        [
          warning(
            'bimi.policy',
            'There is a logo, and receivers show it only under the DMARC policy quarantine or reject.',
          ),
        ],
        now,
      );
}
