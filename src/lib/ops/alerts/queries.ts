import { count, desc, isNotNull, isNull, sql } from 'drizzle-orm';
import { globalDb } from '../../platform/db/database.ts';
import { alertDeliveries, alerts } from '../../schema/alerts.ts';
import { getRuleTitle } from './labels.ts';

export interface AlertView {
  id: string;
  title: string;
  severity: 'warning' | 'critical';
  message: string;
  openedAt: Date;
  recoveredAt: Date | null;
  /**
   * Whether every channel has sent the latest notification; null when no channel was configured.
   */
  told: boolean | null;
}

/** The most open and recovered alerts that the page shows. */
const maxOpen = 200;
const maxRecent = 50;

/**
 * Lists open alerts, most severe and newest first, and the alerts that recovered last. Spans
 * tenants: only for staff of the whole installation.
 */
export async function listAlerts(): Promise<{
  open: AlertView[];
  openCount: number;
  recent: AlertView[];
}> {
  const open = await globalDb()
    .select(columns)
    .from(alerts)
    .where(isNull(alerts.recoveredAt))
    .orderBy(sql`${alerts.severity} = 'critical' desc`, desc(alerts.openedAt))
    .limit(maxOpen);
  const recent = await globalDb()
    .select(columns)
    .from(alerts)
    .where(isNotNull(alerts.recoveredAt))
    .orderBy(desc(alerts.recoveredAt))
    .limit(maxRecent);
  const [total] = await globalDb()
    .select({ count: count() })
    .from(alerts)
    .where(isNull(alerts.recoveredAt));
  return { open: open.map(toView), openCount: total?.count ?? 0, recent: recent.map(toView) };
}

const columns = {
  id: alerts.id,
  rule: alerts.rule,
  severity: alerts.severity,
  message: alerts.message,
  openedAt: alerts.openedAt,
  recoveredAt: alerts.recoveredAt,
  told: sql<boolean | null>`(
    select bool_and(delivered_at is not null)
    from ${alertDeliveries}
    where alert_id = ${alerts.id})`,
};

const toView = ({ rule, ...row }: Omit<AlertView, 'title'> & { rule: string }): AlertView => ({
  ...row,
  title: getRuleTitle(rule),
});

/** Counts open alerts for the metrics. */
export function countOpenAlerts(): Promise<{ rule: string; severity: string; count: number }[]> {
  return globalDb()
    .select({ rule: alerts.rule, severity: alerts.severity, count: count() })
    .from(alerts)
    .where(isNull(alerts.recoveredAt))
    .groupBy(alerts.rule, alerts.severity);
}

/** Counts pending notifications for the metrics. */
export function countPendingDeliveries(): Promise<{ channel: string; count: number }[]> {
  return globalDb()
    .select({ channel: alertDeliveries.channel, count: count() })
    .from(alertDeliveries)
    .where(isNull(alertDeliveries.deliveredAt))
    .groupBy(alertDeliveries.channel);
}
