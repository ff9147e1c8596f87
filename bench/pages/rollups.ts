/** Statements that fill the rollups with the GROUP BY that each stands for. */
export const rollupRows: string[] = [
  `insert into lead_metrics (tenant_id, dimension, day, key, count)
    select tenant_id, dimension, coalesce(created_on, '0001-01-01'), key, count(*)
    from leads, lateral (values ('source', coalesce(source, '')), ('status', status),
      ('qualified', case when qualified then 'yes' else 'no' end)) as by (dimension, key)
    where tenant_id = $1 group by 1, 2, 3, 4`,
  `insert into hot_list_items (tenant_id, opportunity_id, candidate_name, market, units,
     franchise_fee, weighted_iff, weighted_cents, stage, likely_pct)
    select tenant_id, id, name, market, units, franchise_fee,
      round(units * franchise_fee * likely_pct::numeric / 100, 2),
      round(units * franchise_fee * likely_pct::numeric)::bigint, stage, likely_pct
    from opportunities where tenant_id = $1 and outcome = 'open'`,
  `insert into pipeline_stage_counts (tenant_id, day, connection_id, stage, outcome, count, valued, value,
     entered_seconds, hot, weighted)
    select o.tenant_id, coalesce(created_on, '0001-01-01'), connection_id, o.stage, outcome, count(*), count(value),
      coalesce(sum(value), 0), sum(floor(extract(epoch from stage_entered_at))),
      count(h.opportunity_id), coalesce(sum(h.weighted_iff), 0)
    from opportunities o
    left join hot_list_items h on h.tenant_id = o.tenant_id and h.opportunity_id = o.id
    where o.tenant_id = $1
    group by 1, 2, 3, 4, 5`,
  `insert into stage_entries (tenant_id, connection_id, stage, entered_on, count)
    select tenant_id, connection_id, stage, (stage_entered_at at time zone 'UTC')::date, count(*)
    from opportunities
    where tenant_id = $1 and outcome = 'open'
    group by 1, 2, 3, 4`,
  `insert into dated_counts
   select tenant_id, 'note', (note_date at time zone 'UTC')::date, count(*)
   from notes
   where tenant_id = $1
   group by 1, 3`,
  `insert into dated_counts
   select tenant_id, 'scheduledActivity', (scheduled_at at time zone 'UTC')::date, count(*)
   from scheduled_activities
   where tenant_id = $1
   group by 1, 3`,
  `insert into lead_metric_months
   select tenant_id, dimension, date_trunc('month', day::timestamp)::date, key, sum(count)
   from lead_metrics
   where tenant_id = $1
   group by 1, 2, 3, 4`,
  `insert into pipeline_stage_months (tenant_id, day, connection_id, stage, outcome, count, valued,
     value, entered_seconds, hot, weighted)
    select tenant_id, date_trunc('month', day::timestamp)::date, connection_id, stage, outcome,
      sum(count), sum(valued),
      sum(value), sum(entered_seconds), sum(hot), sum(weighted)
    from pipeline_stage_counts where tenant_id = $1 group by 1, 2, 3, 4, 5`,
  `insert into stage_entry_months (tenant_id, connection_id, stage, entered_on, count)
   select tenant_id, connection_id, stage, date_trunc('month', entered_on::timestamp)::date,
     sum(count)
   from stage_entries
   where tenant_id = $1
   group by 1, 2, 3, 4`,
  `insert into dated_count_months
   select tenant_id, kind, date_trunc('month', day::timestamp)::date, sum(count)
   from dated_counts
   where tenant_id = $1
   group by 1, 2, 3`,
];

const streams = ['salesCycles', 'clients', 'opportunities', 'notes', 'activities', 'events'];

/**
 * Statements that give a connection the history of eight days of hourly syncs; the newest ended
 * just now.
 */
export const syncHistoryRows: string[] = [
  `insert into sync_runs (tenant_id, id, connection_id, trigger, status, started_at, finished_at)
    select $1, new_id(), $2, 'schedule', 'success', now() - make_interval(hours => i),
      now() - make_interval(hours => i) + interval '20 s'
    from generate_series(0, 191) as i`,
  `insert into sync_run_streams (tenant_id, run_id, connection_id, stream, pass_id, status,
     finished_at)
    select tenant_id, id, connection_id, stream, new_id(), 'success', finished_at
    from sync_runs, unnest(array['${streams.join("','")}']) as stream
    where tenant_id = $1 and connection_id = $2`,
  `insert into stream_states (tenant_id, connection_id, stream, fresh_at, touched_at)
    select $1, $2, stream, now(), now() from unnest(array['${streams.join("','")}']) as stream`,
];
