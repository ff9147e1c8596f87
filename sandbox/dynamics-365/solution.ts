import { memo, option, options, plain, text, type Column } from './columns.ts';

/** Values of a customer's own options begin where the publisher of its solution does. */
const own = (...labels: string[]) =>
  options(Object.fromEntries(labels.map((label, index) => [label, 859_870_000 + index])));

/**
 * The columns that the lead engine's solution brings to the lead, in its full size. `hnt_leadid` is
 * its alternate key.
 */
export const SOLUTION_COLUMNS: readonly Column[] = [
  plain('hnt_finalscore', 'int'),
  plain('hnt_priorityscore', 'int'),
  plain('hnt_m365fitscore', 'int'),
  option('hnt_segment', own('Migration', 'Existing', 'Cold', 'Skip')),
  option('hnt_huntertenantsize', own('Small', 'Medium', 'Large')),
  option('hnt_source', own('Manual', 'Partner Center', 'Import', 'Website')),
  option('hnt_processingstatus', own('Idle', 'Working', 'Completed', 'Error')),
  option('hnt_referraltype', own('Co-sell', 'Marketplace', 'Solution Provider')),
  option('hnt_technicalheat', own('Hot', 'Warm', 'Cold')),
  option(
    'hnt_commercialsegment',
    own('GREENFIELD', 'COMPETITIVE', 'WEAK_PARTNER', 'RENEWAL', 'LOW_INTENT'),
  ),
  option('hnt_commercialheat', own('High', 'Medium', 'Low')),
  text('hnt_provider'),
  memo('hnt_infrasummary', 2_000),
  text('hnt_referralid'),
  text('hnt_prioritycategory', 20),
  text('hnt_prioritylabel', 100),
  plain('hnt_ispartnercenterreferral', 'boolean'),
  text('hnt_domain', 253),
  text('hnt_azuretenantid', 36),
  text('hnt_spfstatus', 50),
  text('hnt_dkimstatus', 50),
  text('hnt_dmarcstatus', 50),
  plain('hnt_lastscoredon', 'datetime'),
  text('hnt_leadid', 36),
];
