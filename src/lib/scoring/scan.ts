import { and, asc, eq, lte, sql } from 'drizzle-orm';
import { log } from '../platform/log.ts';
import { safeReason } from '../platform/secrets.ts';
import { settleAll } from '../platform/settle-all.ts';
import { scanWithSystemResolver } from '../posture/scan-system.ts';
import type { Evidence } from '../posture/types.ts';
import { companyDomains } from '../schema/company-domains.ts';
import { retryInTenant } from '../identity/tenancy/with-tenant.ts';
import { copyToDomainLeads, toScoreColumns, scoreInputs } from './apply.ts';
import { whereLeadEngineOn } from './schedule.ts';
import { selectModel } from './models.ts';
import { computeScore } from './score.ts';

/** Domains that one job scans at the same time: a scan mostly waits for name servers. */
const concurrency = 8;
/** A scan whose worker died is taken over after this long; a running scan ends sooner. */
const leaseSeconds = 120;
/** Wait before a scan without any response is tried again; doubles each time, up to the longest. */
const firstRetrySeconds = 60;
const maxRetrySeconds = 6 * 3600;

/**
 * A domain that this worker has leased until `until`. Its writes carry that time as a fencing
 * token: once another worker has leased the domain they have no effect.
 */
interface ScanClaim {
  tenantId: string;
  domain: string;
  until: Date;
  /** Scans in a row without any response. */
  attempts: number;
}

/**
 * Scans the due domains of a tenant, several at a time. Returns true when none is left, and false
 * when `isOver` ended it early.
 */
export async function scanSlice(
  tenantId: string,
  isOver: () => boolean,
  signal: AbortSignal,
): Promise<boolean> {
  const lanes = await settleAll(
    Array.from({ length: concurrency }, () => scanLane(tenantId, isOver, signal)),
  );
  return lanes.every((isDone) => isDone);
}

async function scanLane(
  tenantId: string,
  isOver: () => boolean,
  signal: AbortSignal,
): Promise<boolean> {
  while (!isOver()) {
    const claimed = await claimDomain(tenantId);
    if (claimed === undefined) return true;
    await scanClaimed(claimed, signal);
  }
  return false;
}

/** Leases the domain that has been due for longest; skips those that another worker is leasing. */
function claimDomain(tenantId: string): Promise<ScanClaim | undefined> {
  return retryInTenant(tenantId, async (tx) => {
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
      // Truncated to milliseconds, the precision of a Date, so that the token compares as equal.
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
  const { attempts } = claimed;
  const evidence = await collectEvidence(claimed, signal);
  if (evidence !== undefined) await storeEvidence(claimed, evidence);
  else if (signal.aborted) await postpone(claimed, 0, attempts);
  else await postpone(claimed, computeRetrySeconds(attempts), attempts + 1);
}

/** The evidence of a scan; undefined when it failed or got no response to any query. */
async function collectEvidence(
  { tenantId, domain, attempts }: ScanClaim,
  signal: AbortSignal,
): Promise<Evidence | undefined> {
  try {
    const evidence = await rejectOnAbort(scanWithSystemResolver(domain), signal);
    if (!hasNoAnswers(evidence)) return evidence;
    log.warn(
      { event: 'scan.silent', tenantId, host: domain, attempt: attempts + 1 },
      'The name servers of a domain did not respond; it is scanned again later',
    );
  } catch (error) {
    if (!signal.aborted)
      log.warn(
        {
          event: 'scan.failed',
          tenantId,
          host: domain,
          attempt: attempts + 1,
          reason: safeReason(error),
        },
        'A domain could not be scanned; the scan is tried again later',
      );
  }
  return undefined;
}

/** Rejects when the signal fires, so that a worker that stops does not wait for name servers. */
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
 * Stores the evidence, the score that follows from it and the copies on the leads in one
 * transaction. Does nothing if the lease has expired.
 */
async function storeEvidence(claimed: ScanClaim, evidence: Evidence): Promise<void> {
  const { tenantId, domain } = claimed;
  await retryInTenant(tenantId, async (tx) => {
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
  await retryInTenant(claimed.tenantId, (tx) =>
    tx.update(companyDomains).set(later).where(whereClaimed(claimed)),
  );
}

const whereClaimed = ({ tenantId, domain, until }: ScanClaim) =>
  and(
    eq(companyDomains.tenantId, tenantId),
    eq(companyDomains.domain, domain),
    eq(companyDomains.scanDueAt, until),
  );

/**
 * With jitter of a quarter either way, so that scans that failed together do not retry together.
 */
function computeRetrySeconds(attempts: number): number {
  return Math.min(maxRetrySeconds, firstRetrySeconds * 2 ** attempts) * (0.75 + Math.random() / 2);
}
