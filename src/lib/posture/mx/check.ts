import { isIP } from 'node:net';
import { getDomain } from 'tldts';
import { createCheck, error, info, getRecords, reportUnanswered, warning } from '../findings.ts';
import type { DnsQuery, DnsAnswer, DnsRecordData } from '../resolver.ts';
import type { Finding, MxCheck, SpfCheck, Verdict } from '../types.ts';
import { inferMailboxes, type Inference } from './infer.ts';
import { getProviderLabel, findMailProvider, SELF_HOSTED, type ProviderRow } from './providers.ts';

type Mx = DnsRecordData['MX'];
type Mailboxes = Pick<MxCheck, 'gateway' | 'provider' | 'certainty'>;

const unknownMailboxes: Mailboxes = { gateway: null, provider: null, certainty: 'unknown' };
/** Nobody uses more mail servers than this: the first ones are kept. */
const MAX_HOSTS = 50;
/** So many of the hosts are looked up; a sixth one tells no more. */
const MAX_LOOKUPS = 5;

/** Where mail for the domain goes, and who keeps the mailboxes. */
export async function checkMx(
  domain: string,
  { query, spf, now }: { query: DnsQuery; spf: SpfCheck; now: () => Date },
): Promise<MxCheck> {
  const answer = await query(domain, 'MX');
  if (answer.kind === 'failed')
    return createEmptyCheck(
      'unknown',
      [reportUnanswered('mx.unanswered', 'The mail servers (MX)', answer.reason)],
      now,
    );
  if (answer.kind !== 'records') return checkImplicitMx(domain, query, now);
  const hosts = answer.records
    .toSorted(
      (one, other) => one.preference - other.preference || one.host.localeCompare(other.host),
    )
    .slice(0, MAX_HOSTS);
  if (hosts.every(({ host }) => host === '')) return nullMx(hosts, now);
  const [lookedUp, mailboxes] = await Promise.all([
    lookUpHosts(hosts, query),
    findMailboxes(domain, hosts, { query, spf }),
  ]);
  const findings = [...lookedUp.findings, ...mailboxes.findings];
  return {
    ...createCheck(lookedUp.verdict, hosts.map(formatMx), findings, now),
    hosts,
    nullMx: false,
    ...mailboxes.who,
  };
}

function createEmptyCheck(verdict: Verdict, findings: Finding[], now: () => Date): MxCheck {
  return {
    ...createCheck(verdict, [], findings, now),
    hosts: [],
    nullMx: false,
    ...unknownMailboxes,
  };
}

/** RFC 5321, section 5.1: without MX, mail goes to the domain's own address. */
async function checkImplicitMx(domain: string, query: DnsQuery, now: () => Date): Promise<MxCheck> {
  const answers = await Promise.all([query(domain, 'A'), query(domain, 'AAAA')]);
  const addresses = answers.flatMap((answer: DnsAnswer<string>) => getRecords(answer));
  if (addresses.length > 0) {
    const finding = warning(
      'mx.implicit',
      `There is no MX record, so mail goes to the address of ${domain} itself, which is often only a web site. Publish an MX record, or "0 ." when no mail is wanted.`,
    );
    return {
      ...createEmptyCheck('weak', [finding], now),
      records: addresses.slice(0, 5),
      hosts: [{ host: domain, preference: 0 }],
    };
  }
  const failed = answers.find((answer) => answer.kind === 'failed');
  if (failed)
    return createEmptyCheck(
      'unknown',
      [
        reportUnanswered(
          'mx.unanswered',
          'The address that would take mail without an MX record',
          failed.reason,
        ),
      ],
      now,
    );
  return createEmptyCheck(
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
    ...createCheck('not_applicable', hosts.map(formatMx), [finding], now),
    hosts: [],
    nullMx: true,
    ...unknownMailboxes,
  };
}

function formatMx({ preference, host }: Mx): string {
  return `${preference} ${host === '' ? '.' : host}`;
}

/** Whether the hosts are there at all. Known providers' are. */
async function lookUpHosts(
  hosts: readonly Mx[],
  query: DnsQuery,
): Promise<{ verdict: Verdict; findings: Finding[] }> {
  const names = [...new Set(hosts.map(({ host }) => host))].slice(0, MAX_LOOKUPS);
  const states = await Promise.all(
    names.map(async (name) => ({ name, state: await resolveHostState(name, query) })),
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

async function resolveHostState(
  name: string,
  query: DnsQuery,
): Promise<'there' | 'lost' | 'unknown'> {
  if (name === '' || isIP(name) !== 0) return 'lost';
  if (findMailProvider(name)) return 'there';
  const answers = await Promise.all([query(name, 'A'), query(name, 'AAAA')]);
  if (answers.some(({ kind }) => kind === 'records')) return 'there';
  return answers.some(({ kind }) => kind === 'failed') ? 'unknown' : 'lost';
}

/** The most preferred known host decides: the others are spares. */
async function findMailboxes(
  domain: string,
  hosts: readonly Mx[],
  { query, spf }: { query: DnsQuery; spf: SpfCheck },
): Promise<{ who: Mailboxes; findings: Finding[] }> {
  const rows = hosts.flatMap(({ host }) => findMailProvider(host) ?? []);
  const gateway = rows.find(({ kind }) => kind === 'gateway') ?? null;
  const mailbox = rows.find(({ kind }) => kind === 'mailbox');
  if (gateway === null && mailbox)
    return {
      who: { gateway: null, provider: mailbox.key, certainty: 'certain' },
      findings: reportSeveralProviders(rows),
    };
  if (gateway === null && hosts.some(({ host }) => isOwnHost(host, domain)))
    return { who: { gateway: null, provider: SELF_HOSTED, certainty: 'certain' }, findings: [] };
  return inferBehindGateway(gateway, mailbox ?? null, await inferMailboxes(domain, spf, query));
}

function reportSeveralProviders(rows: readonly ProviderRow[]): Finding[] {
  const labels = [...new Set(rows.map(({ label }) => label))];
  if (labels.length < 2) return [];
  return [
    warning(
      'mx.several_providers',
      `Mail goes to several providers: ${labels.join(', ')}. Remove the MX records of the one that is not used any more.`,
    ),
  ];
}

function isOwnHost(host: string, domain: string): boolean {
  if (host === domain || host.endsWith(`.${domain}`)) return true;
  const above = getDomain(domain, { allowPrivateDomains: true });
  return above !== null && getDomain(host, { allowPrivateDomains: true }) === above;
}

/**
 * Without a gateway one sign is no proof: many let a provider send for them and keep their
 * mailboxes elsewhere.
 */
function inferBehindGateway(
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
        `${place}; the mailboxes are likely at ${getProviderLabel(provider)}: ${signs}.`,
      ),
    ],
  };
}
