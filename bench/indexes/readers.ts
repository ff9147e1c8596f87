/**
 * The tables that grow with what is synced, each index with what reads it. An index that nobody
 * reads only makes writing dearer: tests/bench/indexes.test.ts refuses one that is missing here.
 */
export const indexReaders: Record<string, Record<string, string>> = {
  leads: {
    leads_tenant_id_id_pk: 'the page of a lead, search hits, pushes, actions',
    leads_source: 'each page of a sync: the rows that are there already; notes of a client',
    leads_by_created: 'lead table, newest first; periods',
    leads_by_updated: 'lead table by last change',
    leads_by_contacted: 'lead table by last contact',
    leads_by_name: 'lead table by name',
    leads_by_value: 'lead table by value',
    leads_by_score: 'lead table by score; filter by score',
    leads_by_source: 'lead table of one source',
    leads_by_status: 'lead table of one status',
    leads_by_qualified: 'lead table of the qualified',
    leads_by_segment: 'lead table of one segment',
    leads_by_mail_provider: 'lead table of one mail provider',
    leads_by_referral_type: 'lead table of one kind of referral',
    leads_by_push_state: 'lead table by state of the push',
    leads_by_domain: 'leads of a company: scores, pushes by domain, filter by domain',
    leads_by_email: 'leads of a contact that changes: links by e-mail address',
    leads_by_change: 'streams with one request per lead: the leads that changed',
  },
  lead_terms: {
    lead_terms_tenant_id_lead_id_pk:
      'search: whether a lead has the words; words of a lead that changes',
    lead_terms_by_term: 'search: the leads of a word',
  },
  opportunities: {
    opportunities_tenant_id_id_pk: 'hot list, changes to one opportunity',
    opportunities_source: 'each page of a sync: the rows that are there already',
    opportunities_by_value: 'list of opportunities by value',
    opportunities_open_by_value: 'list of open opportunities by value',
    opportunities_by_stage: 'pipeline: the most valuable of each stage',
    opportunities_by_name: 'deals of a lead that is pushed: links by name and company',
    opportunities_by_entry: 'pipeline: those that are stuck, by time in their stage',
  },
  notes: {
    notes_tenant_id_id_pk: 'changes to one note',
    notes_source: 'each page of a sync: the rows that are there already',
    notes_by_date: 'page of notes, newest first',
    notes_by_contact: 'notes of one lead; its last contact',
  },
  scheduled_activities: {
    scheduled_activities_tenant_id_id_pk: 'changes to one activity',
    scheduled_activities_source: 'each page of a sync: the rows that are there already',
    scheduled_activities_by_time: 'schedule',
    scheduled_activities_by_contact: 'last contact of a lead',
  },
  referrals: {
    referrals_tenant_id_id_pk: 'page and actions of a referral',
    referrals_source: 'each page of a sync: the rows that are there already',
    referrals_by_update: 'referrals, newest first',
    referrals_by_type: 'referrals of one type',
    referrals_by_status: 'referrals of one status',
    referrals_by_domain: 'referrals of a company; search by domain',
    referrals_by_azure_tenant: 'search by Azure tenant',
    referrals_by_change: 'streams with one request per referral: those that changed',
  },
  contacts: {
    contacts_tenant_id_id_pk: 'changes to one contact',
    contacts_source: 'each page of a sync: the rows that are there already',
    contacts_by_email: 'contacts of a lead that changes: links by e-mail address',
    contacts_by_domain: 'facts about a company, for scores',
  },
  companies: {
    companies_tenant_id_id_pk: 'changes to one company',
    companies_source: 'each page of a sync: the rows that are there already',
    companies_by_domain: 'facts about a company, for scores',
  },
  company_domains: {
    company_domains_tenant_id_domain_pk: 'scores; page of a lead',
    company_domains_due: 'scans that are due',
  },
  pushes: {
    pushes_tenant_id_id_pk: 'events and conflicts of a push',
    pushes_one_per_lead: 'requests of pushes: one for each lead and CRM',
    pushes_due: 'pushes that are due',
    pushes_by_state: 'list of pushes, counts by state',
    pushes_by_lead: 'page of a lead: its pushes',
    pushes_by_remote: 'records of a CRM that come back: whose copy they are',
  },
  push_events: {
    push_events_tenant_id_id_pk: 'events themselves',
    push_events_of_push: 'history of a push',
  },
  raw_snapshots: {
    raw_snapshots_tenant_id_id_pk: 'response behind a row',
    raw_snapshots_pass: 'replay: the responses of a pass; retention',
    raw_snapshots_body: 'retention: whether a body is still needed',
  },
  raw_bodies: {
    raw_bodies_tenant_id_sha256_pk: 'body of a response; whether it is stored already',
  },
  sync_runs: {
    sync_runs_tenant_id_id_pk: 'checkpoints and end of a run',
    sync_runs_newest: 'sync status: the newest runs of a connection',
    sync_runs_one_running: 'claim of a run: at most one for each connection',
  },
  sync_run_streams: {
    sync_run_streams_tenant_id_run_id_stream_pk: 'counters of a run',
    sync_run_streams_one_running: 'at most one run of a stream',
    sync_run_streams_pass: 'replay and retention: the runs of a pass',
  },
  hot_list_items: {
    hot_list_items_tenant_id_opportunity_id_pk: 'changes to one opportunity',
    hot_list_items_ranked: 'hot list by weighted value',
  },
  lead_metrics: { lead_metrics_tenant_id_dimension_day_key_pk: 'dashboard, leads: sums by day' },
  lead_metric_months: {
    lead_metric_months_tenant_id_dimension_day_key_pk: 'dashboard, leads: sums by month',
  },
  pipeline_stage_counts: { pipeline_stage_counts_key: 'pipeline: sums by day' },
  pipeline_stage_months: { pipeline_stage_months_key: 'pipeline: sums by month' },
  stage_entries: { stage_entries_key: 'pipeline: time in stage by day' },
  stage_entry_months: { stage_entry_months_key: 'pipeline: time in stage by month' },
  audit_events: {
    audit_events_pkey: 'one event',
    audit_events_by_tenant: 'audit log of a workspace, newest first',
    audit_events_newest: 'audit log of all workspaces; retention',
  },
};
