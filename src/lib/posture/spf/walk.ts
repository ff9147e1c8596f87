import { isIP } from 'node:net';
import { reportUnanswered } from '../findings.ts';
import type { DnsAnswer, DnsFailure, DnsQuery } from '../resolver.ts';
import type { Finding, SpfCheck } from '../types.ts';
import { everybody, nobody, toNetwork, unite, type Addresses } from './addresses.ts';
import { cover, coverByRedirect, nothingCovered, type Coverage } from './coverage.ts';
import { hasMacro, isSpf, parseSpf, type Mechanism, type SpfRecord } from './parse.ts';
import {
  reportAfterAll,
  reportBadTarget,
  reportIneffectiveTerms,
  reportInvalidTerms,
  reportLoop,
  reportMacro,
  reportPtr,
  reportRedirectIgnored,
  reportTooManyLookups,
  reportTooManyMx,
  reportTooManyVoidLookups,
  type Link,
} from './walk-findings.ts';

/** RFC 7208, section 4.6.4: a receiver stops with permerror beyond any of these. */
const MAX_LOOKUPS = 10;
const MAX_VOID_LOOKUPS = 2;
const MAX_MX_HOSTS = 10;
/** Where we stop counting, however far a record goes on. */
const MAX_COUNTED = 30;

/** What a record and everything that it includes add up to. */
export interface SpfWalk extends Pick<SpfCheck, 'lookups' | 'voidLookups' | 'all' | 'includes'> {
  /** Receivers return permerror: they act as if there were no SPF, or reject the mail. */
  broken: boolean;
  /** A part could not be looked up. */
  incomplete: boolean;
  findings: Finding[];
  /** What the record says of whom. */
  coverage: Coverage;
  /** Included records that end in "+all", so that the include authorises everybody. */
  openIncludes: string[];
}

/**
 * Follows a record as a receiver does in the worst case, in which no mechanism before the last one
 * matches.
 */
export async function walkSpf(domain: string, text: string, query: DnsQuery): Promise<SpfWalk> {
  const walk: SpfWalk = {
    lookups: 0,
    voidLookups: 0,
    all: null,
    includes: [],
    broken: false,
    incomplete: false,
    findings: [],
    coverage: nothingCovered,
    openIncludes: [],
  };
  const context = { domain, record: parseSpf(text), ancestors: [domain], query };
  const outcome = await follow(walk, context);
  walk.all = outcome?.all ?? null;
  walk.coverage = outcome?.coverage ?? nothingCovered;
  if (walk.lookups > MAX_LOOKUPS)
    markBroken(walk, reportTooManyLookups(walk.lookups, MAX_LOOKUPS, MAX_COUNTED));
  if (walk.voidLookups > MAX_VOID_LOOKUPS)
    markBroken(walk, reportTooManyVoidLookups(walk.voidLookups, MAX_VOID_LOOKUPS));
  return walk;
}

interface RecordContext {
  domain: string;
  record: SpfRecord;
  /** The domains whose records led here, ending with this one. */
  ancestors: readonly string[];
  query: DnsQuery;
}

/** What a record comes to. */
interface Outcome {
  /** What it says about senders that no mechanism matches. */
  all: SpfCheck['all'];
  coverage: Coverage;
}

/** Evaluates a record. */
async function follow(walk: SpfWalk, context: RecordContext): Promise<Outcome | null> {
  const { domain, record } = context;
  if (record.invalidTerms.length > 0)
    markBroken(walk, reportInvalidTerms(domain, record.invalidTerms));
  if (record.ineffectiveTerms.length > 0)
    addFinding(walk, reportIneffectiveTerms(domain, record.ineffectiveTerms));
  const last = record.mechanisms.findIndex(({ name }) => name === 'all');
  const tried = last < 0 ? record.mechanisms : record.mechanisms.slice(0, last);
  prefetchIncludes(walk, tried, context);
  let coverage = nothingCovered;
  for (const mechanism of tried) {
    const matched = await evaluateMechanism(walk, mechanism, context);
    coverage = cover(coverage, matched, mechanism.qualifier);
  }
  const all = record.mechanisms[last];
  if (all !== undefined) return concludeAll(walk, all, { ...context, coverage });
  return record.redirect === null
    ? { all: null, coverage }
    : concludeRedirect(coverage, await followRedirect(walk, record.redirect, context));
}

const results = { '+': 'pass', '-': 'fail', '~': 'softfail', '?': 'neutral' } as const;

function concludeAll(
  walk: SpfWalk,
  all: Mechanism,
  { domain, record, coverage }: RecordContext & { coverage: Coverage },
): Outcome {
  if (record.mechanisms.indexOf(all) < record.mechanisms.length - 1)
    addFinding(walk, reportAfterAll(domain));
  if (record.redirect !== null) addFinding(walk, reportRedirectIgnored(domain));
  return {
    all: results[all.qualifier],
    coverage: cover(coverage, everybody, all.qualifier),
  };
}

const concludeRedirect = (coverage: Coverage, to: Outcome | null): Outcome =>
  to === null
    ? { all: null, coverage }
    : { all: to.all, coverage: coverByRedirect(coverage, to.coverage) };

/**
 * Starts the queries for all includes at once. The walk itself takes one step after the other, so
 * that its count is the same every time; by then the answers are already on their way.
 */
function prefetchIncludes(
  walk: SpfWalk,
  mechanisms: readonly Mechanism[],
  { query }: RecordContext,
): void {
  const includes = mechanisms.filter(({ name }) => name === 'include');
  for (const { domainSpec } of includes.slice(0, MAX_COUNTED - walk.lookups))
    if (domainSpec !== null && !hasMacro(domainSpec)) void query(domainSpec, 'TXT');
}

/** Counts what a mechanism costs; gives the senders that it is known to match. */
async function evaluateMechanism(
  walk: SpfWalk,
  mechanism: Mechanism,
  context: RecordContext,
): Promise<Addresses> {
  const { name, domainSpec, network } = mechanism;
  if (network !== null) return network;
  if (name === 'all' || walk.lookups >= MAX_COUNTED) return nobody;
  walk.lookups += 1;
  if (name === 'include' && domainSpec !== null) return followInclude(walk, domainSpec, context);
  if (name === 'ptr') return addFinding(walk, reportPtr(context.domain));
  const queriedName = domainSpec ?? context.domain;
  if (hasMacro(queriedName)) return addFinding(walk, reportMacro(context.domain));
  const answer = await (name === 'mx'
    ? queryMailServers(walk, queriedName, context.query)
    : queryAddresses(queriedName, name === 'exists', context.query));
  if (answer.kind === 'failed') markIncomplete(walk, queriedName, answer.reason);
  else if (answer.kind !== 'records') walk.voidLookups += 1;
  else return matchRecords(mechanism, answer.records);
  return nobody;
}

/**
 * The senders that a mechanism matches once its name has records. A name without macros is the same
 * for every message, so "exists" matches all of them. Of mail servers the addresses are not looked
 * up; their place matters less than how many addresses share their first bits.
 */
function matchRecords(
  { name, prefixes: { four, six } }: Mechanism,
  records: readonly unknown[],
): Addresses {
  if (name === 'exists') return everybody;
  if (name === 'mx') return unite(toNetwork('0.0.0.0', four), toNetwork('::', six));
  return records
    .map(String)
    .filter((address) => isIP(address) !== 0)
    .map((address) => toNetwork(address, isIP(address) === 4 ? four : six))
    .reduce(unite, nobody);
}

async function followInclude(
  walk: SpfWalk,
  domainSpec: string,
  context: RecordContext,
): Promise<Addresses> {
  walk.includes.push(domainSpec.toLowerCase());
  if (hasMacro(domainSpec)) return addFinding(walk, reportMacro(context.domain));
  const included = await followRecord(walk, domainSpec, context, 'include');
  if (included?.all === 'pass') walk.openIncludes.push(domainSpec.toLowerCase());
  return included?.coverage.pass ?? nobody;
}

async function followRedirect(
  walk: SpfWalk,
  domainSpec: string,
  context: RecordContext,
): Promise<Outcome | null> {
  if (walk.lookups >= MAX_COUNTED) return null;
  walk.lookups += 1;
  if (!hasMacro(domainSpec)) return followRecord(walk, domainSpec, context, 'redirect');
  addFinding(walk, reportMacro(context.domain));
  walk.incomplete = true;
  return null;
}

async function followRecord(
  walk: SpfWalk,
  domainSpec: string,
  { ancestors, query }: RecordContext,
  link: Link,
): Promise<Outcome | null> {
  const name = domainSpec.toLowerCase().replace(/\.$/, '');
  const path = [...ancestors, name];
  if (ancestors.includes(name)) return markBroken(walk, reportLoop(path));
  const answer = await query(name, 'TXT');
  if (answer.kind === 'failed') return markIncomplete(walk, name, answer.reason);
  if (answer.kind !== 'records') walk.voidLookups += 1;
  const records = answer.kind === 'records' ? answer.records.filter(isSpf) : [];
  const [text, ...others] = records;
  if (text === undefined || others.length > 0)
    return markBroken(walk, reportBadTarget(link, name, records.length));
  return follow(walk, { domain: name, record: parseSpf(text), ancestors: path, query });
}

async function queryMailServers(
  walk: SpfWalk,
  name: string,
  query: DnsQuery,
): Promise<DnsAnswer<unknown>> {
  const answer = await query(name, 'MX');
  if (answer.kind === 'records' && answer.records.length > MAX_MX_HOSTS)
    markBroken(walk, reportTooManyMx(name, answer.records.length, MAX_MX_HOSTS));
  return answer;
}

async function queryAddresses(
  name: string,
  onlyIPv4: boolean,
  query: DnsQuery,
): Promise<DnsAnswer<string>> {
  const answer = await query(name, 'A');
  return onlyIPv4 || answer.kind === 'records' || answer.kind === 'failed'
    ? answer
    : query(name, 'AAAA');
}

function markBroken(walk: SpfWalk, finding: Finding): null {
  walk.broken = true;
  addFinding(walk, finding);
  return null;
}

function markIncomplete(walk: SpfWalk, name: string, reason: DnsFailure): null {
  walk.incomplete = true;
  addFinding(
    walk,
    reportUnanswered('spf.part_unanswered', `${name}, which the SPF record refers to,`, reason),
  );
  return null;
}

/** A record that is included twice is reported once. Gives the senders that are known to match. */
function addFinding(walk: SpfWalk, finding: Finding): Addresses {
  if (!walk.findings.some(({ message }) => message === finding.message))
    walk.findings.push(finding);
  return nobody;
}
