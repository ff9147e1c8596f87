import { isIP } from 'node:net';
import { getDomain } from 'tldts';
import { conclude, createCheck, getRecords, reportUnanswered } from '../findings.ts';
import type { DnsAnswer, DnsQuery, DnsRecordData } from '../resolver.ts';
import type { Finding, MxCheck, SpfCheck, Verdict } from '../types.ts';
import {
  noMailServer,
  receivesNoMail,
  reportAddresses,
  reportImplicitMx,
  reportInferredMailboxes,
  reportMissingHosts,
  reportSeveralProviders,
  reportUnknownMailboxes,
} from './findings.ts';
import { inferMailboxes, type Inference } from './infer.ts';
import { SELF_HOSTED, findMailProvider, type ProviderRow } from './providers.ts';

type Mx = DnsRecordData['MX'];
type Mailboxes = Pick<MxCheck, 'gateway' | 'provider' | 'certainty'>;

const unknownMailboxes: Mailboxes = { gateway: null, provider: null, certainty: 'unknown' };
/** Hosts that are kept; no real domain has more mail servers. */
const MAX_HOSTS = 50;
/** Hosts that are looked up; further ones would not change the verdict in practice. */
const MAX_LOOKUPS = 5;
/** Addresses that are kept of a domain without MX records. */
const MAX_ADDRESSES = 5;

/** Where mail for the domain is delivered, and which provider hosts the mailboxes. */
export async function checkMx(
  domain: string,
  { query, spf, now }: { query: DnsQuery; spf: SpfCheck; now: () => Date },
): Promise<MxCheck> {
  const answer = await query(domain, 'MX');
  if (answer.kind === 'failed')
    return createEmptyCheck(
      'unknown',
      reportUnanswered('mx.unanswered', 'The mail servers (MX)', answer.reason),
      now,
    );
  if (answer.kind !== 'records') return checkImplicitMx(domain, query, now);
  const hosts = answer.records.toSorted(compareHosts).slice(0, MAX_HOSTS);
  if (hosts.every(({ host }) => host === '')) return createNullMxCheck(hosts, now);
  const [lookedUp, mailboxes] = await Promise.all([
    lookUpHosts(hosts, query),
    findMailboxes(domain, hosts, { query, spf }),
  ]);
  const findings = [...lookedUp.findings, ...mailboxes.findings];
  return {
    ...createCheck(conclude(lookedUp.verdict, hosts.map(formatMx), ...findings), now),
    hosts,
    nullMx: false,
    ...mailboxes.who,
  };
}

const compareHosts = (one: Mx, other: Mx): number =>
  one.preference - other.preference || one.host.localeCompare(other.host);

function createEmptyCheck(verdict: Verdict, finding: Finding, now: () => Date): MxCheck {
  return {
    ...createCheck(conclude(verdict, [], finding), now),
    hosts: [],
    nullMx: false,
    ...unknownMailboxes,
  };
}

/** RFC 5321, section 5.1: without MX records, mail is delivered to the domain's own address. */
async function checkImplicitMx(domain: string, query: DnsQuery, now: () => Date): Promise<MxCheck> {
  const answers = await Promise.all([query(domain, 'A'), query(domain, 'AAAA')]);
  const addresses = answers.flatMap((answer: DnsAnswer<string>) => getRecords(answer));
  if (addresses.length > 0)
    return {
      ...createEmptyCheck('weak', reportImplicitMx(domain), now),
      records: addresses.slice(0, MAX_ADDRESSES),
      hosts: [{ host: domain, preference: 0 }],
    };
  const failed = answers.find((answer) => answer.kind === 'failed');
  if (failed === undefined) return createEmptyCheck('missing', noMailServer, now);
  const what = 'The address that receives mail when there is no MX record';
  return createEmptyCheck('unknown', reportUnanswered('mx.unanswered', what, failed.reason), now);
}

function createNullMxCheck(hosts: Mx[], now: () => Date): MxCheck {
  return {
    ...createCheck(conclude('not_applicable', hosts.map(formatMx), receivesNoMail), now),
    hosts: [],
    nullMx: true,
    ...unknownMailboxes,
  };
}

function formatMx({ preference, host }: Mx): string {
  return `${preference} ${host === '' ? '.' : host}`;
}

/** Whether the hosts exist. Those of known providers are taken to exist without a lookup. */
async function lookUpHosts(
  hosts: readonly Mx[],
  query: DnsQuery,
): Promise<{ verdict: Verdict; findings: Finding[] }> {
  const names = [...new Set(hosts.map(({ host }) => host))].slice(0, MAX_LOOKUPS);
  const states = await Promise.all(names.map((name) => resolveHostState(name, query)));
  const unusable = names.filter((_, index) => states[index] === 'lost');
  const addresses = unusable.filter((name) => isIP(name) !== 0);
  const missing = unusable.filter((name) => isIP(name) === 0).map((name) => name || '.');
  const findings = [
    ...(addresses.length > 0 ? [reportAddresses(addresses)] : []),
    ...(missing.length > 0 ? [reportMissingHosts(missing)] : []),
  ];
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

type FoundMailboxes = { who: Mailboxes; findings: Finding[] };

/** The known host with the best preference decides; the others are fallbacks. */
async function findMailboxes(
  domain: string,
  hosts: readonly Mx[],
  { query, spf }: { query: DnsQuery; spf: SpfCheck },
): Promise<FoundMailboxes> {
  const rows = hosts.flatMap(({ host }) => findMailProvider(host) ?? []);
  const gateway = rows.find(({ kind }) => kind === 'gateway') ?? null;
  const mailbox = rows.find(({ kind }) => kind === 'mailbox') ?? null;
  if (gateway === null && mailbox !== null)
    return { who: toCertain(mailbox.key), findings: reportSeveralProviders(rows) };
  if (gateway === null && hosts.some(({ host }) => isOwnHost(host, domain)))
    return { who: toCertain(SELF_HOSTED), findings: [] };
  return inferBehindGateway(gateway, mailbox, await inferMailboxes(domain, spf, query));
}

const toCertain = (provider: string): Mailboxes => ({
  gateway: null,
  provider,
  certainty: 'certain',
});

function isOwnHost(host: string, domain: string): boolean {
  if (host === domain || host.endsWith(`.${domain}`)) return true;
  const registrable = getDomain(domain, { allowPrivateDomains: true });
  return registrable !== null && getDomain(host, { allowPrivateDomains: true }) === registrable;
}

/**
 * Without a gateway, a single sign is not enough: many domains let a provider send for them and
 * keep their mailboxes elsewhere.
 */
function inferBehindGateway(
  gateway: ProviderRow | null,
  mailbox: ProviderRow | null,
  inferred: Inference,
): FoundMailboxes {
  const hasEnoughSigns = gateway !== null || inferred.signs.length > 1;
  const provider = (hasEnoughSigns ? inferred.provider : null) ?? mailbox?.key ?? null;
  const certainty = provider === null ? 'unknown' : 'inferred';
  const finding =
    provider === null
      ? reportUnknownMailboxes(gateway, inferred)
      : reportInferredMailboxes(gateway, provider, inferred);
  return { who: { gateway: gateway?.key ?? null, provider, certainty }, findings: [finding] };
}
