import { isIP } from 'node:net';
import { getDomain } from 'tldts';
import { check, error, info, recordsOf, unanswered, warning } from '../findings.ts';
import type { Ask, DnsAnswer, RecordOf } from '../resolver.ts';
import type { Finding, MxCheck, SpfCheck, Verdict } from '../types.ts';
import { inferMailboxes, type Inference } from './infer.ts';
import { providerLabel, providerOf, SELF_HOSTED, type ProviderRow } from './providers.ts';

type Mx = RecordOf['MX'];
type Mailboxes = Pick<MxCheck, 'gateway' | 'provider' | 'certainty'>;

const nobody: Mailboxes = { gateway: null, provider: null, certainty: 'unknown' };
/** Nobody uses more mail servers than this: the first ones are kept. */
const HOSTS_KEPT = 50;
/** So many of the hosts are looked up; a sixth one tells no more. */
const HOSTS_LOOKED_UP = 5;

/** Where mail for the domain goes, and who keeps the mailboxes. */
export async function checkMx(
  domain: string,
  { ask, spf, now }: { ask: Ask; spf: SpfCheck; now: () => Date },
): Promise<MxCheck> {
  const answer = await ask(domain, 'MX');
  if (answer.kind === 'failed')
    return without(
      'unknown',
      [unanswered('mx.unanswered', 'The mail servers (MX)', answer.reason)],
      now,
    );
  if (answer.kind !== 'records') return withoutMx(domain, ask, now);
  const hosts = answer.records
    .toSorted(
      (one, other) => one.preference - other.preference || one.host.localeCompare(other.host),
    )
    .slice(0, HOSTS_KEPT);
  if (hosts.every(({ host }) => host === '')) return nullMx(hosts, now);
  const [lookedUp, mailboxes] = await Promise.all([
    lookUp(hosts, ask),
    mailboxesOf(domain, hosts, { ask, spf }),
  ]);
  const findings = [...lookedUp.findings, ...mailboxes.findings];
  return {
    ...check(lookedUp.verdict, hosts.map(written), findings, now),
    hosts,
    nullMx: false,
    ...mailboxes.who,
  };
}

function without(verdict: Verdict, findings: Finding[], now: () => Date): MxCheck {
  return { ...check(verdict, [], findings, now), hosts: [], nullMx: false, ...nobody };
}

/** RFC 5321, section 5.1: without MX, mail goes to the domain's own address. */
async function withoutMx(domain: string, ask: Ask, now: () => Date): Promise<MxCheck> {
  const answers = await Promise.all([ask(domain, 'A'), ask(domain, 'AAAA')]);
  const addresses = answers.flatMap((answer: DnsAnswer<string>) => recordsOf(answer));
  if (addresses.length > 0) {
    const finding = warning(
      'mx.implicit',
      `There is no MX record, so mail goes to the address of ${domain} itself, which is often only a web site. Publish an MX record, or "0 ." when no mail is wanted.`,
    );
    return {
      ...without('weak', [finding], now),
      records: addresses.slice(0, 5),
      hosts: [{ host: domain, preference: 0 }],
    };
  }
  const failed = answers.find((answer) => answer.kind === 'failed');
  if (failed)
    return without(
      'unknown',
      [
        unanswered(
          'mx.unanswered',
          'The address that would take mail without an MX record',
          failed.reason,
        ),
      ],
      now,
    );
  return without(
    'missing',
    [
      warning(
        'mx.missing',
        'There is neither an MX record nor an address: the domain cannot receive mail.',
      ),
    ],
    now,
  );
}

function nullMx(hosts: Mx[], now: () => Date): MxCheck {
  const finding = info('mx.null', 'The domain says that it receives no mail (null MX, RFC 7505).');
  return {
    ...check('not_applicable', hosts.map(written), [finding], now),
    hosts: [],
    nullMx: true,
    ...nobody,
  };
}

function written({ preference, host }: Mx): string {
  return `${preference} ${host === '' ? '.' : host}`;
}

/** Whether the hosts are there at all. Known providers' are. */
async function lookUp(
  hosts: readonly Mx[],
  ask: Ask,
): Promise<{ verdict: Verdict; findings: Finding[] }> {
  const names = [...new Set(hosts.map(({ host }) => host))].slice(0, HOSTS_LOOKED_UP);
  const states = await Promise.all(
    names.map(async (name) => ({ name, state: await stateOf(name, ask) })),
  );
  const unusable = states
    .filter(({ state }) => state === 'lost')
    .map(({ name }) => (name === '' ? '.' : name));
  const literal = unusable.filter((name) => isIP(name) !== 0);
  const lost = unusable.filter((name) => isIP(name) === 0);
  const findings: Finding[] = [];
  if (literal.length > 0)
    findings.push(
      error(
        'mx.address',
        `An MX record names the address ${literal.join(', ')} where a host name belongs. Senders cannot use it: name a host.`,
      ),
    );
  if (lost.length > 0)
    findings.push(
      error(
        'mx.dangling',
        `There is no such host as ${lost.join(', ')}, which an MX record names. Remove the record or mend the host's name.`,
      ),
    );
  if (unusable.length === 0) return { verdict: 'good', findings };
  return { verdict: unusable.length === names.length ? 'bad' : 'weak', findings };
}

async function stateOf(name: string, ask: Ask): Promise<'there' | 'lost' | 'unknown'> {
  if (name === '' || isIP(name) !== 0) return 'lost';
  if (providerOf(name)) return 'there';
  const answers = await Promise.all([ask(name, 'A'), ask(name, 'AAAA')]);
  if (answers.some(({ kind }) => kind === 'records')) return 'there';
  return answers.some(({ kind }) => kind === 'failed') ? 'unknown' : 'lost';
}

/** The most preferred known host decides: the others are spares. */
async function mailboxesOf(
  domain: string,
  hosts: readonly Mx[],
  { ask, spf }: { ask: Ask; spf: SpfCheck },
): Promise<{ who: Mailboxes; findings: Finding[] }> {
  const rows = hosts.flatMap(({ host }) => providerOf(host) ?? []);
  const gateway = rows.find(({ kind }) => kind === 'gateway') ?? null;
  const mailbox = rows.find(({ kind }) => kind === 'mailbox');
  if (gateway === null && mailbox)
    return {
      who: { gateway: null, provider: mailbox.key, certainty: 'certain' },
      findings: several(rows),
    };
  if (gateway === null && hosts.some(({ host }) => isOwn(host, domain)))
    return { who: { gateway: null, provider: SELF_HOSTED, certainty: 'certain' }, findings: [] };
  return behind(gateway, mailbox ?? null, await inferMailboxes(domain, spf, ask));
}

function several(rows: readonly ProviderRow[]): Finding[] {
  const labels = [...new Set(rows.map(({ label }) => label))];
  if (labels.length < 2) return [];
  return [
    warning(
      'mx.several_providers',
      `Mail goes to several providers: ${labels.join(', ')}. Remove the MX records of the one that is not used any more.`,
    ),
  ];
}

function isOwn(host: string, domain: string): boolean {
  if (host === domain || host.endsWith(`.${domain}`)) return true;
  const above = getDomain(domain, { allowPrivateDomains: true });
  return above !== null && getDomain(host, { allowPrivateDomains: true }) === above;
}

/**
 * Without a gateway one sign is no proof: many let a provider send for them and keep their
 * mailboxes elsewhere.
 */
function behind(
  gateway: ProviderRow | null,
  mailbox: ProviderRow | null,
  inferred: Inference,
): { who: Mailboxes; findings: Finding[] } {
  const enough = gateway !== null || inferred.signs.length > 1;
  const provider = (enough ? inferred.provider : null) ?? mailbox?.key ?? null;
  const place =
    gateway === null ? 'Nobody we know runs the mail servers' : `${gateway.label} filters the mail`;
  const who: Mailboxes = {
    gateway: gateway?.key ?? null,
    provider,
    certainty: provider === null ? 'unknown' : 'inferred',
  };
  if (provider === null) {
    const why = inferred.incomplete
      ? 'some questions had no answer'
      : 'neither SPF, DKIM nor autodiscover tells';
    return {
      who,
      findings: [
        info(
          'mx.mailboxes_unknown',
          `${place}; who keeps the mailboxes is not to be seen: ${why}.`,
        ),
      ],
    };
  }
  const signs =
    inferred.provider === null
      ? 'an MX record beside the filter leads there'
      : inferred.signs.join('; ');
  return {
    who,
    findings: [
      info(
        'mx.mailboxes_inferred',
        `${place}; the mailboxes are likely at ${providerLabel(provider)}: ${signs}.`,
      ),
    ],
  };
}
