/* What to know when reading the tables of bench/rival/tables.ts. */

export const goalNotes = [
  'With latency the bound is pages times latency for whoever follows the list, because a page is ' +
    'only known when the one before has arrived. @stripe/sync-engine asks for many spans of ' +
    'creation times at once, which this API allows and most others do not.',
  'All read the same loopback server (bench/rival/server.ts) in pages of 100, each in a fresh ' +
    'process of its own and into a database of its own on the same PostgreSQL with default ' +
    'durability. They take turns; ratios are within a turn.',
];

export const readingNotes = [
  "CPU is user and system time: of the side's process, and of all processes of PostgreSQL while " +
    'the side was at work, with those that write its log and its pages. WAL includes whole pages ' +
    'after a checkpoint; each read begins with one.',
  'Ours keeps for each page the raw response (compressed, by content), looks up what is there, ' +
    'compares digests, stores 100 leads (typed columns, raw JSON, all indexes of leads), their ' +
    'search terms and their company domains, adds to counts by day and month, and writes counters ' +
    'and cursor, in one transaction under row-level security.',
  'The hand-written loop (bench/rival/by-hand.ts) is the limit: it copies rows into a table with ' +
    'the columns and indexes of leads, raw item included, and merges them while the next pages ' +
    'are on their way. It keeps no response, cursor, search terms, sums or counters.',
  '@supabase/stripe-sync-engine runs as its README has it: runMigrations, then syncBackfill({ ' +
    'object: "customer" }) with its default pool of 10. For each customer it sends one upsert of ' +
    '21 columns (a primary key, no other index), five at a time, each its own transaction; it ' +
    'keeps no raw response, no sums, no counters and no cursor. Its README advises a loop over ' +
    'days for more than 10,000 objects, for the sake of memory and timeouts; one call asks for ' +
    'fewer pages and is faster, so one call is what is measured.',
  '@stripe/sync-engine shares its code: fullSync(["customer"]) with its default of ' +
    '20 workers on spans of creation times, and without its default limit of 10 requests per ' +
    'second, which alone would hold it to 1,000 records per second. It sends one upsert of the ' +
    'raw JSON for each customer, from which columns are generated, five at a time in each worker, ' +
    'and notes the progress of each span. All but ours connect as superuser.',
];

export const cutNotes = [
  'No latency. SIGKILL; a new process starts the same read. A read that loses nothing takes 1 / ' +
    '0.6 = 1.67 times the time until it was killed.',
  'We go on behind the last stored page. What had been asked for and was not stored yet is asked ' +
    'for again. @supabase/stripe-sync-engine and the loop have no cursor: they start over. ' +
    '@stripe/sync-engine goes on in each span; some thirty of its requests look for the oldest ' +
    'customer.',
  'The lease of the killed run was ended by hand: in service another worker waits until it runs ' +
    'out, SYNC_LEASE_SECONDS (30) at most; a worker that is stopped in order gives it back at once.',
];

export const rerunNotes = [
  'Goal: we write no row of a record or a sum. For each page we still note that it was read: a ' +
    'snapshot row (its body is there already), the counters and the cursor. The packages update ' +
    'each row, if only the time of the last sync; the loop compares digests in its merge.',
];
