import { and, asc, eq, lte, sql } from 'drizzle-orm';
import { retryOnDbOutage } from '../platform/db/retry.ts';
import { log } from '../platform/log.ts';
import { safeMessage } from '../platform/secrets.ts';
import { scanWithSystemResolver } from '../posture/scan-system.ts';
import type { Evidence } from '../posture/types.ts';
import { companyDomains } from '../schema/company-domains.ts';
import { withTenant } from '../identity/tenancy/with-tenant.ts';
import { copyToDomainLeads, toScoreColumns, scoreInputs } from './apply.ts';
import { whereLeadEngineOn } from './schedule.ts';
import { selectModel } from './models.ts';
import { computeScore } from './score.ts';

/** So many domains are scanned side by side by one job: a scan mostly waits. */
const concurrency = 8;
/** A scan whose worker died is begun again after this long; a living one ends sooner. */
const leaseSeconds = 120;
/**
 * How soon a scan is tried again that got no answer at all: twice as long after each further one.
 */
const firstRetrySeconds = 60;
const maxRetrySeconds = 6 * 3600;

/**
 * A domain in the hands of this worker, until `until`: that time is the token by which its writes
 * are known.
 */
interface ScanClaim {
  tenantId: string;
  domain: string;
  until: Date;
  /** Scans in a row that got no answer. */
  attempts: number;
}

/**
 * Scans the due domains of a tenant, several side by side, until there is none left (true) or
 * `isOver` says so.
 */
export async function scanSlice(
  tenantId: string,
  isOver: () => boolean,
  signal: AbortSignal,
): Promise<boolean> {
  const lanes = await Promise.allSettled(
    Array.from({ length: concurrency }, () => scanLane(tenantId, isOver, signal)),
  );
  const failed = lanes.find((lane) => lane.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  return lanes.every((lane) => lane.status === 'fulfilled' && lane.value);
}

async function scanLane(
  tenantId: string,
  isOver: () => boolean,
  signal: AbortSignal,
): Promise<boolean> {
  while (!isOver()) {
    const claimed = await retryOnDbOutage(() => claimDomain(tenantId));
    if (claimed === undefined) return true;
    await scanClaimed(claimed, signal);
  }
  return false;
}

/** Takes the domain that has been due for longest, unless another worker is about to. */
function claimDomain(tenantId: string): Promise<ScanClaim | undefined> {
  return withTenant(tenantId, async (tx) => {
    const due = and(
      eq(companyDomains.tenantId, tenantId),
      lte(companyDomains.scanDueAt, sql`now()`),
      whereLeadEngineOn(tenantId),
    );
    const next = tx
      .select({ domain: companyDomains.domain })
      .from(companyDomains)
      .where(due)
      .orderBy(asc(companyDomains.scanDueAt))
      .limit(1)
      .for('update', { skipLocked: true });
    const [row] = await tx
      .update(companyDomains)
      // To the millisecond, which is what a Date holds: the token is compared.
      .set({
        scanDueAt: sql`date_trunc('milliseconds', now() + make_interval(secs => ${leaseSeconds}))`,
      })
      .where(and(eq(companyDomains.tenantId, tenantId), eq(companyDomains.domain, sql`(${next})`)))
      .returning({
        domain: companyDomains.domain,
        until: companyDomains.scanDueAt,
        attempts: companyDomains.scanAttempts,
      });
    return row === undefined || row.until === null
      ? undefined
      : { ...row, tenantId, until: row.until };
  });
}

async function scanClaimed(claimed: ScanClaim, signal: AbortSignal): Promise<void> {
  const evidence = await collectEvidence(claimed, signal);
  if (evidence !== undefined) await retryOnDbOutage(() => storeEvidence(claimed, evidence));
  else if (signal.aborted) await retryOnDbOutage(() => postpone(claimed, 0, claimed.attempts));
  else
    await retryOnDbOutage(() =>
      postpone(claimed, computeRetrySeconds(claimed.attempts), claimed.attempts + 1),
    );
}

/** What the scan found; undefined when it got no answer to anything. */
async function collectEvidence(
  { tenantId, domain, attempts }: ScanClaim,
  signal: AbortSignal,
): Promise<Evidence | undefined> {
  try {
    const evidence = await rejectOnAbort(scanWithSystemResolver(domain), signal);
    if (!hasNoAnswers(evidence)) return evidence;
    log.warn(
      { event: 'scan.silent', tenantId, host: domain, attempt: attempts + 1 },
      'The name servers answered nothing about a domain; it is scanned again later',
    );
  } catch (error) {
    if (!signal.aborted)
      log.warn(
        {
          event: 'scan.failed',
          tenantId,
          host: domain,
          attempt: attempts + 1,
          reason: safeMessage(error),
        },
        'A domain could not be scanned; it is tried again later',
      );
  }
  return undefined;
}

/** A worker that stops does not wait for name servers. */
function rejectOnAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason as Error);
    signal.addEventListener('abort', stop);
    void work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
    if (signal.aborted) stop();
  });
}

function hasNoAnswers({ exists, mx, spf, dmarc }: Evidence): boolean {
  return exists === 'unknown' && [mx, spf, dmarc].every(({ verdict }) => verdict === 'unknown');
}

/**
 * Keeps what was found, the score that it makes and what the leads hold of it, all or nothing. A
 * claim that ran out writes nothing.
 */
async function storeEvidence(claimed: ScanClaim, evidence: Evidence): Promise<void> {
  const { tenantId, domain } = claimed;
  await withTenant(tenantId, async (tx) => {
    const [row] = await tx
      .select(scoreInputs)
      .from(companyDomains)
      .where(whereClaimed(claimed))
      .for('update');
    if (row === undefined) return;
    const score = toScoreColumns(
      computeScore(evidence, row, await selectModel(tx, tenantId), new Date()),
    );
    const scannedAt = new Date(evidence.scannedAt);
    const scanDueAt = new Date(scannedAt.getTime() + evidence.ttlSeconds * 1000);
    await tx
      .update(companyDomains)
      .set({ evidence, scannedAt, scanDueAt, scanAttempts: 0, ...score })
      .where(whereClaimed(claimed));
    await copyToDomainLeads(tx, tenantId, [domain]);
  });
}

async function postpone(claimed: ScanClaim, seconds: number, scanAttempts: number): Promise<void> {
  const later = { scanDueAt: sql`now() + make_interval(secs => ${seconds})`, scanAttempts };
  await withTenant(claimed.tenantId, (tx) =>
    tx.update(companyDomains).set(later).where(whereClaimed(claimed)),
  );
}

const whereClaimed = ({ tenantId, domain, until }: ScanClaim) =>
  and(
    eq(companyDomains.tenantId, tenantId),
    eq(companyDomains.domain, domain),
    eq(companyDomains.scanDueAt, until),
  );

/** With a random part, so that what failed together is not tried again together. */
function computeRetrySeconds(attempts: number): number {
  return Math.min(maxRetrySeconds, firstRetrySeconds * 2 ** attempts) * (0.75 + Math.random() / 2);
}
