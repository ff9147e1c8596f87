import type { Attributes, SpanKind } from '@opentelemetry/api';
import { logFields, type LogFields } from './log.ts';
import { readVersion } from './metrics/process.ts';
import { registerSecret, safeReason, scrub } from './secrets.ts';

/** The fields of a span: those of a log line, and the time and number of its database queries. */
export type SpanFields = LogFields & { dbMs?: number; dbQueries?: number };
/** Adds fields to the current span. */
export type SetSpanFields = (fields: SpanFields) => void;

type Api = typeof import('@opentelemetry/api');
let api: Api | null | undefined;

/**
 * Runs `fn` inside a span; spans inside it become its children, and a thrown error marks it as
 * failed. If the standard variables name no collector, it just runs `fn`, and the tracing packages
 * are not even loaded.
 */
export async function withSpan<T>(
  name: string,
  fields: SpanFields,
  fn: (setFields: SetSpanFields) => Promise<T>,
  kind: 'internal' | 'server' = 'internal',
): Promise<T> {
  if (api === undefined) api = isTracing() ? await import('@opentelemetry/api') : null;
  if (api === null) return fn(noop);
  const { trace, SpanStatusCode } = api;
  return trace
    .getTracer('tributary')
    .startActiveSpan(
      name,
      { kind: toSpanKind(api, kind), attributes: toAttributes({ ...logFields(), ...fields }) },
      async (span) => {
        try {
          return await fn((more) => void span.setAttributes(toAttributes(more)));
        } catch (error) {
          span.setStatus({ code: SpanStatusCode.ERROR, message: safeReason(error) });
          throw error;
        } finally {
          span.end();
        }
      },
    );
}

/**
 * Records a span of something that has just ended and took `ms` milliseconds, as a child of the
 * current span.
 */
export function recordSpan(name: string, fields: SpanFields, ms: number, failed: boolean): void {
  if (api === null || api === undefined) return;
  const now = Date.now();
  const span = api.trace.getTracer('tributary').startSpan(name, {
    kind: toSpanKind(api, 'client'),
    startTime: now - ms,
    attributes: toAttributes(fields),
  });
  if (failed) span.setStatus({ code: api.SpanStatusCode.ERROR });
  span.end(now);
}

/**
 * Starts sending spans, if the standard variables name a collector. Returns a function that sends
 * the remaining spans and stops.
 */
export async function startTracing(service: string): Promise<() => Promise<void>> {
  if (!isTracing()) return () => Promise.resolve();
  for (const pair of (process.env['OTEL_EXPORTER_OTLP_HEADERS'] ?? '').split(','))
    registerSecret(pair.slice(pair.indexOf('=') + 1));
  const { BatchSpanProcessor, NodeTracerProvider } = await import('@opentelemetry/sdk-trace-node');
  const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-http');
  const { defaultResource, detectResources, envDetector, resourceFromAttributes } =
    await import('@opentelemetry/resources');
  const own = resourceFromAttributes({ 'service.name': service, 'service.version': readVersion() });
  const resource = defaultResource()
    .merge(own)
    .merge(detectResources({ detectors: [envDetector] }));
  const provider = new NodeTracerProvider({
    resource,
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
  });
  provider.register();
  return () => provider.shutdown().catch(noop);
}

function isTracing(): boolean {
  if (
    process.env['OTEL_SDK_DISABLED']?.toLowerCase() === 'true' ||
    process.env['OTEL_TRACES_EXPORTER'] === 'none'
  )
    return false;
  return Boolean(
    process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] || process.env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'],
  );
}

const noop = () => {};

/** The names in OpenTelemetry's semantic conventions, for fields that have one. */
const semanticNames: Record<string, string> = {
  method: 'http.request.method',
  route: 'http.route',
  host: 'server.address',
};

/** A status is either an HTTP status code or the result of a run as a word. */
const toAttributeName = (field: string, value: unknown): string =>
  field === 'status' && typeof value === 'number'
    ? 'http.response.status_code'
    : (semanticNames[field] ?? `tributary.${field}`);

function toAttributes(fields: SpanFields): Attributes {
  const attributes: Attributes = {};
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined || value === null) continue;
    const plain = value instanceof Date ? value.toISOString() : value;
    attributes[toAttributeName(name, plain)] = typeof plain === 'string' ? scrub(plain) : plain;
  }
  return attributes;
}

function toSpanKind({ SpanKind: kinds }: Api, kind: 'internal' | 'server' | 'client'): SpanKind {
  return { internal: kinds.INTERNAL, server: kinds.SERVER, client: kinds.CLIENT }[kind];
}
