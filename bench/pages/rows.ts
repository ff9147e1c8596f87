/*
 * Rows by SQL: a workspace of franchise development that has run for two years. Figures come from a
 * digest of the row's number, so that every run loads the same.
 */

/** Stage, outcome, chance of closing, and how many in a thousand stand in it. */
const stages: [name: string, outcome: 'open' | 'won' | 'lost', likelyPct: number, share: number][] =
  [
    ['New Lead', 'open', 5, 90],
    ['Outbound Call', 'open', 8, 80],
    ['Inbound Contact', 'open', 10, 60],
    ['Initial Call Scheduled', 'open', 15, 40],
    ['Initial Call Complete', 'open', 20, 40],
    ['QR Sent', 'open', 25, 30],
    ['QR Returned', 'open', 35, 20],
    ['FDD Sent', 'open', 40, 20],
    ['FDD Signed', 'open', 50, 15],
    ['FDD Review Call Complete', 'open', 60, 12],
    ['Deal Structure', 'open', 70, 10],
    ['Discovery Day Booked', 'open', 75, 8],
    ['Discovery Day Completed', 'open', 85, 8],
    ['FA Requested', 'open', 90, 6],
    ['FA Sent', 'open', 95, 6],
    ['Future Interest', 'open', 5, 155],
    ['FA Signed', 'won', 100, 20],
    ['Not Interested', 'lost', 0, 380],
  ];

/** Source and how many in a thousand come from it; the rest does not say. */
const sources: [name: string, share: number][] = [
  ['Website', 210],
  ['Google Ads', 140],
  ['Facebook Ads', 100],
  ['OwnerPath', 150],
  ['BizScout', 90],
  ['Northstar Advisors', 110],
  ['Keystone Match', 60],
  ['Referral', 50],
  ['Existing Franchisee', 25],
  ['Expo', 25],
  ['LinkedIn', 15],
  ['Podcast', 10],
  ['Radio', 5],
];

const historyDays = 730;
const markets = [
  'Denver, CO',
  'Boise, ID',
  'Tampa, FL',
  'Austin, TX',
  'Phoenix, AZ',
  'Omaha, NE',
  'Madison, WI',
  'Richmond, VA',
];

/** A number from 0 to below `to` that row `i` always gets for the purpose `salt`. */
const draw = (salt: number, to: number) =>
  `(hashint8(i * 64 + ${salt})::bigint + 2147483648) % ${to}`;
const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`;
const pickOne = (salt: number, values: readonly string[]) =>
  `(array[${values.map(quoted).join(', ')}])[1 + ${draw(salt, values.length)}]`;

/** CASE over a draw from a thousand. */
function pickWeighted(
  salt: number,
  values: readonly (readonly [string, number])[],
  otherwise: string,
): string {
  let reached = 0;
  const cases = values.map(([value, share]) => `when d < ${(reached += share)} then ${value}`);
  return (
    `(select case ${cases.join(' ')} else ${otherwise} end ` +
    `from (select ${draw(salt, 1000)} as d))`
  );
}

const historySeconds = historyDays * 86_400;
const age = `(${draw(1, 1_000_000)} / 1e6) * ${historySeconds}`;
const created = `(now() - make_interval(secs => ${age}))`;
const first = pickOne(2, [
  'Amir',
  'Dana',
  'Elena',
  'Grace',
  'Jorge',
  'Keith',
  'Linh',
  'Maria',
  'Omar',
  'Priya',
  'Rosa',
  'Todd',
]);
const last = pickOne(3, [
  'Archer',
  'Barlow',
  'Corrigan',
  'Dunmore',
  'Farrow',
  'Ibarra',
  'Larkin',
  'Navarro',
  'Oakes',
  'Salazar',
  'Tran',
  'Yardley',
]);
const name = `${first} || ' ' || ${last} || ' ' || i`;
const stage = pickWeighted(
  4,
  stages.map(([of, , , share]) => [quoted(of), share] as const),
  `'Not Interested'`,
);
const stageValues = stages.map(
  ([of, outcome, likely], at) => `(${quoted(of)}, '${outcome}', ${likely}::real, ${at})`,
);
const stageTable = `(values ${stageValues.join(', ')})
    as stage (name, outcome, likely_pct, position)`;
const source = pickWeighted(
  5,
  sources.map(([of, share]) => [quoted(of), share] as const),
  'null',
);

/** The columns that every entity has. */
const common =
  'tenant_id, id, connection_id, provider, stream, external_id, ' +
  'content_hash, raw_json, snapshot_id, first_seen_at, changed_at';
const commonValues = (stream: string, raw: string) =>
  `$1::uuid, new_id(), $2::uuid, 'clienttether', '${stream}', i::text, md5(i::text), ${raw}, ` +
  `'${'0'.repeat(8)}-0000-7000-8000-${'0'.repeat(12)}'::uuid, now(), now()`;

const numbered = (count: number) => `generate_series(1, ${count}) as i`;

/**
 * Statements that take tenant ($1) and connection ($2), and fill a workspace with `leads` leads and
 * what goes with them.
 */
export function workspaceRows(leads: number): string[] {
  return [
    stageRows(),
    leadRows(leads),
    leadTermRows,
    opportunityRows(Math.round(leads / 3)),
    noteRows(leads),
    activityRows(Math.round(leads / 10)),
  ];
}

function stageRows(): string {
  return `insert into stages (${common}, name, active, position, outcome, likely_pct)
    select ${commonValues('salesCycles', `'{}'`).replaceAll('i::text', 'name')}, name, true,
      position, outcome, likely_pct
    from ${stageTable}`;
}

function leadRows(count: number): string {
  const raw = `jsonb_build_object('client_id', i::text, 'name', made.name, 'email', email,
    'clients_sales_cycle', status, 'clients_lead_source', source, 'created', at,
    'last_modified_date', at, 'address', '', 'city', 'Denver', 'state', 'CO', 'zip', '80202',
    'assigned_user', 'Dana Prescott', 'contact_type', 'Candidate')`;
  return `insert into leads (${common}, source_created_at, source_updated_at, created_on, name,
        sort_name, email, phone, city, state, source, status, qualified, deal_value, sort_cents,
        assigned_to,
      domain, score, sort_score, segment, mail_provider, referral_type, push_state)
    select ${commonValues('clients', raw)}, at, at, (at at time zone 'UTC')::date, made.name,
      lower(made.name), email, '303555' || lpad((i % 10000)::text, 4, '0'),
      'Denver', 'CO', source, status, stage.likely_pct >= 20, value, value * 100, 'Dana Prescott',
      'acme' || i % 5000 || '.example', score, score, segment, mail_provider, referral_type,
        push_state
    from (select i, ${name} as name, 'lead' || i || '@example.com' as email, ${created} as at,
      ${source} as source, ${stage} as status, ${draw(6, 4)} * 22500 as value,
        ${draw(11, 101)} as score,
          ${pickOne(12, ['Migration', 'Existing', 'Cold', 'Skip'])} as segment,
          ${pickOne(13, ['microsoft_365', 'google_workspace', 'zoho', 'self_hosted'])}
          as mail_provider,
        ${pickWeighted(
          14,
          [
            [quoted('co-sell'), 20],
            [quoted('marketplace'), 30],
            [quoted('solution-provider'), 50],
          ],
          'null',
        )} as referral_type,
        ${pickWeighted(
          15,
          [
            [quoted('synced'), 300],
            [quoted('failed'), 10],
            [quoted('pending'), 5],
            [quoted('conflict'), 5],
          ],
          'null',
        )} as push_state
      from ${numbered(count)} offset 0) as made
    join ${stageTable} on stage.name = status`;
}

/** What `leadSearchTokens` makes of the leads above, behind the tag of the tenant. */
const leadTermRows = `insert into lead_terms (tenant_id, lead_id, terms)
    select tenant_id, id, array_to_tsvector(array(
      select distinct substr(tenant_id::text, 25) || word
      from unnest(string_to_array(sort_name, ' ') ||
        array[replace(replace(email, '@', ''), '.', ''), 'examplecom', phone]) as word))
    from leads where tenant_id = $1 and connection_id = $2`;

function opportunityRows(count: number): string {
  const raw = `jsonb_build_object('opportunity_id', i::text, 'name', made.name,
    'contact_sales_cycle', made.stage, 'deal_size', value, 'market', market, 'units', units)`;
  return `insert into opportunities (${common}, source_created_at, source_updated_at, created_on,
      name, source, stage, stage_entered_at, outcome, value, sort_cents, market, units,
      franchise_fee, likely_pct)
    select ${commonValues('opportunities', raw)}, at, at, (at at time zone 'UTC')::date, made.name,
      source, made.stage, at + (now() - at) * 0.7, outcome, value, value * 100, market, units,
      value, likely_pct
    from (select i, ${name} as name, ${created} as at, ${source} as source, ${stage} as stage,
      35000 + ${draw(7, 9)} * 2500 as value, ${pickOne(8, markets)} as market,
      (1 + ${draw(9, 4)})::int as units
      from ${numbered(count)} offset 0) as made
    join ${stageTable} on stage.name = made.stage`;
}

function noteRows(count: number): string {
  const content =
    "'Spoke with the candidate about territory ' || i || ', funding and the next call. " +
    "They want to see the disclosure document before Discovery Day.'";
  return `insert into notes (${common}, contact_id, note_date, author, content)
    select ${commonValues('notes', `jsonb_build_object('id', i::text, 'content', content)`)},
      (1 + ${draw(10, count)})::text, at, 'Dana Prescott', content
    from (select i, ${created} as at, ${content} as content
    from ${numbered(count)} offset 0) as made`;
}

function activityRows(count: number): string {
  return `insert into scheduled_activities
      (${common}, activity_type, scheduled_at, contact_name, description, status)
    select ${commonValues('activities', `jsonb_build_object('id', i::text)`)}, 'Call',
      now() + make_interval(mins => ((i::float8 / ${count} - 0.5) * 172800)::int), ${name},
      'Follow up on open questions', 'Scheduled'
    from ${numbered(count)}`;
}
