import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { withoutCancellation } from '../db/cancel.ts';
import { log } from '../log.ts';
import { safeReason } from '../secrets.ts';

const registry = new Registry();

/**
 * A counter, which only grows. Label values are few and not secret: a slug, a provider, the pattern
 * of a route; never an address or a path.
 */
export function counter<Label extends string>(
  name: string,
  help: string,
  labelNames: readonly Label[],
): Counter<Label> {
  return new Counter({ name, help, labelNames, registers: [registry] });
}

/** A gauge, which goes up and down. */
export function gauge<Label extends string>(
  name: string,
  help: string,
  labelNames: readonly Label[] = [],
): Gauge<Label> {
  return new Gauge({ name, help, labelNames, registers: [registry] });
}

/**
 * A histogram with the given upper bounds of its buckets; in milliseconds if the name ends in _ms.
 */
export function histogram<Label extends string>(
  name: string,
  help: string,
  labelNames: readonly Label[],
  buckets: readonly number[],
): Histogram<Label> {
  return new Histogram({ name, help, labelNames, buckets: [...buckets], registers: [registry] });
}

/**
 * How long the result of a reading is reused, so that several scrapers cost the database no more
 * than one.
 */
const cacheMs = 15_000;
const failures = counter(
  'metrics_reading_failures_total',
  'Failed readings of the database for a scrape',
  ['reading'],
);

interface Reading {
  name: string;
  read: () => Promise<void>;
  readAt: number;
  underWay: Promise<void> | undefined;
}
const readings: Reading[] = [];

/**
 * Adds a function that reads the database and sets gauges. A scrape waits for it, at most every 15
 * seconds.
 */
export function addReading(name: string, read: () => Promise<void>): void {
  failures.inc({ reading: name }, 0);
  readings.push({ name, read, readAt: Number.NEGATIVE_INFINITY, underWay: undefined });
}

/**
 * All metrics in the text format of Prometheus. A reading that fails is counted, and the other
 * metrics are returned all the same.
 */
export async function renderMetrics(): Promise<{ contentType: string; text: string }> {
  await Promise.all(readings.map(refresh));
  return { contentType: registry.contentType, text: await registry.metrics() };
}

function refresh(reading: Reading): Promise<void> {
  if (performance.now() - reading.readAt < cacheMs) return Promise.resolve();
  reading.underWay ??= withoutCancellation(() => readOnce(reading)).finally(
    () => (reading.underWay = undefined),
  );
  return reading.underWay;
}

async function readOnce(reading: Reading): Promise<void> {
  try {
    await reading.read();
  } catch (error) {
    failures.inc({ reading: reading.name });
    log.warn(
      { event: 'metrics.reading_failed', kind: reading.name, reason: safeReason(error) },
      'Metrics could not be read from the database',
    );
  }
  reading.readAt = performance.now();
}

/** The registry itself, for metrics that a library collects. */
export function getRegistry(): Registry {
  return registry;
}
