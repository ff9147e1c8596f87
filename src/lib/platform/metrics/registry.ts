import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { log } from '../log.ts';
import { safeReason } from '../secrets.ts';

const registry = new Registry();

/**
 * A figure that only grows. Label values are few and no secrets: a slug, a provider, a route's
 * pattern; never an address or a path.
 */
export function counter<Label extends string>(
  name: string,
  help: string,
  labelNames: readonly Label[],
): Counter<Label> {
  return new Counter({ name, help, labelNames, registers: [registry] });
}

/** A figure that goes up and down. */
export function gauge<Label extends string>(
  name: string,
  help: string,
  labelNames: readonly Label[] = [],
): Gauge<Label> {
  return new Gauge({ name, help, labelNames, registers: [registry] });
}

/** How figures spread over `buckets`; milliseconds where the name ends in _ms. */
export function histogram<Label extends string>(
  name: string,
  help: string,
  labelNames: readonly Label[],
  buckets: readonly number[],
): Histogram<Label> {
  return new Histogram({ name, help, labelNames, buckets: [...buckets], registers: [registry] });
}

/** A reading is told again for so long: several scrapers cost the database no more than one. */
const cacheMs = 15_000;
const failures = counter(
  'metrics_reading_failures_total',
  'Readings of the database that a scrape asked for in vain',
  ['reading'],
);

interface Reading {
  name: string;
  read: () => Promise<void>;
  readAt: number;
  underWay: Promise<void> | undefined;
}
const readings: Reading[] = [];

/** Has gauges set by `read` before they are told, at most every 15 seconds. */
export function addReading(name: string, read: () => Promise<void>): void {
  failures.inc({ reading: name }, 0);
  readings.push({ name, read, readAt: Number.NEGATIVE_INFINITY, underWay: undefined });
}

/**
 * All figures in Prometheus' text format. A reading that fails is counted, and the rest is told all
 * the same.
 */
export async function renderMetrics(): Promise<{ contentType: string; text: string }> {
  await Promise.all(readings.map(refresh));
  return { contentType: registry.contentType, text: await registry.metrics() };
}

function refresh(reading: Reading): Promise<void> {
  if (performance.now() - reading.readAt < cacheMs) return Promise.resolve();
  reading.underWay ??= readOnce(reading).finally(() => (reading.underWay = undefined));
  return reading.underWay;
}

async function readOnce(reading: Reading): Promise<void> {
  try {
    await reading.read();
  } catch (error) {
    failures.inc({ reading: reading.name });
    log.warn(
      { event: 'metrics.reading_failed', kind: reading.name, reason: safeReason(error) },
      'Figures could not be read',
    );
  }
  reading.readAt = performance.now();
}

/** For figures that a library keeps. */
export function getRegistry(): Registry {
  return registry;
}
