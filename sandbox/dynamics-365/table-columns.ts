import {
  count,
  fixed,
  id,
  lookup,
  memo,
  option,
  options,
  plain,
  regarding,
  stateAndStatus,
  text,
  type Column,
  type Option,
} from './columns.ts';

const LEAD_STATES: Option[] = options({ Open: 0, Qualified: 1, Disqualified: 2 });
const LEAD_STATUSES: Option[] = [
  { value: 1, label: 'New', state: 0 },
  { value: 2, label: 'Contacted', state: 0 },
  { value: 3, label: 'Qualified', state: 1 },
  { value: 4, label: 'Lost', state: 2 },
  { value: 5, label: 'Cannot Contact', state: 2 },
  { value: 6, label: 'No Longer Interested', state: 2 },
  { value: 7, label: 'Canceled', state: 2 },
  // A customer's own.
  { value: 859_870_000, label: 'Nurturing', state: 0 },
];
/** A customer has renamed one of the system's, left two out and added two. */
const LEAD_SOURCES = options({
  Advertisement: 1,
  'Employee Referral': 2,
  'External Referral': 3,
  Partner: 4,
  'Public Relations': 5,
  'Trade Show': 7,
  Website: 8,
  Other: 10,
  'Cloud migration campaign': 859_870_000,
  'Security campaign': 859_870_001,
});
const ACTIVE = options({ Active: 0, Inactive: 1 });
const ACTIVE_STATUSES: Option[] = [
  { value: 1, label: 'Active', state: 0 },
  { value: 2, label: 'Inactive', state: 1 },
];
const OPPORTUNITY_STATUSES: Option[] = [
  { value: 1, label: 'In Progress', state: 0 },
  { value: 2, label: 'On Hold', state: 0 },
  { value: 3, label: 'Won', state: 1 },
  { value: 4, label: 'Canceled', state: 2 },
  { value: 5, label: 'Out-Sold', state: 2 },
];
const TASK_STATUSES: Option[] = [
  { value: 2, label: 'Not Started', state: 0 },
  { value: 3, label: 'In Progress', state: 0 },
  { value: 5, label: 'Completed', state: 1 },
  { value: 6, label: 'Canceled', state: 2 },
];

const address = [
  text('address1_line1', 250),
  text('address1_city', 80),
  text('address1_stateorprovince', 50),
  text('address1_postalcode', 20),
  text('address1_country', 80),
];
export const system = [
  fixed('createdon', 'datetime'),
  fixed('modifiedon', 'datetime'),
  fixed('versionnumber', 'version'),
  lookup('ownerid', 'systemuser'),
];
/** An amount, and what it is in the currency of the organisation. */
const amount = (name: string): Column[] => [plain(name, 'money'), fixed(`${name}_base`, 'money')];
const money = [lookup('transactioncurrencyid', 'transactioncurrency')];
const industry = option(
  'industrycode',
  options({ Accounting: 1, Consulting: 9, 'Health Care': 34, Retail: 27, Transportation: 30 }),
);

export const lead: Column[] = [
  id('leadid'),
  text('subject', 300),
  text('fullname', 160, { create: false, update: false }),
  text('firstname', 50),
  text('lastname', 50, { required: 'ApplicationRequired' }),
  text('companyname', 100),
  text('emailaddress1', 100),
  text('telephone1', 50),
  text('mobilephone', 20),
  text('jobtitle', 100),
  text('websiteurl', 200),
  ...address,
  memo('description'),
  ...amount('revenue'),
  count('numberofemployees', [0, 1_000_000_000]),
  plain('estimatedvalue', 'decimal'),
  ...amount('estimatedamount'),
  plain('estimatedclosedate', 'date'),
  option('leadqualitycode', options({ Hot: 1, Warm: 2, Cold: 3 })),
  option('leadsourcecode', LEAD_SOURCES),
  industry,
  option('prioritycode', options({ 'Default Value': 1 })),
  lookup('parentaccountid', 'account'),
  lookup('parentcontactid', 'contact'),
  lookup('qualifyingopportunityid', 'opportunity'),
  ...stateAndStatus(LEAD_STATES, LEAD_STATUSES),
  ...money,
  ...system,
];
export const contact: Column[] = [
  id('contactid'),
  text('fullname', 160, { create: false, update: false }),
  text('firstname', 50),
  text('lastname', 50, { required: 'ApplicationRequired' }),
  text('emailaddress1', 100),
  text('telephone1', 50),
  text('mobilephone', 50),
  text('jobtitle', 100),
  ...address,
  memo('description'),
  lookup('parentcustomerid', 'account', 'contact'),
  lookup('originatingleadid', 'lead'),
  ...stateAndStatus(ACTIVE, ACTIVE_STATUSES),
  ...money,
  ...system,
];
export const account: Column[] = [
  id('accountid'),
  text('name', 160, { required: 'ApplicationRequired' }),
  text('accountnumber', 20),
  text('emailaddress1', 100),
  text('telephone1', 50),
  text('websiteurl', 200),
  ...address,
  memo('description'),
  industry,
  count('numberofemployees', [0, 1_000_000_000]),
  ...amount('revenue'),
  lookup('primarycontactid', 'contact'),
  lookup('originatingleadid', 'lead'),
  ...stateAndStatus(ACTIVE, ACTIVE_STATUSES),
  ...money,
  ...system,
];
export const opportunity: Column[] = [
  id('opportunityid'),
  text('name', 300, { required: 'ApplicationRequired' }),
  lookup('customerid', 'account', 'contact'),
  lookup('parentaccountid', 'account'),
  lookup('parentcontactid', 'contact'),
  ...amount('estimatedvalue'),
  plain('estimatedclosedate', 'date'),
  ...amount('actualvalue'),
  plain('actualclosedate', 'date'),
  count('closeprobability', [0, 100]),
  option('opportunityratingcode', options({ Hot: 1, Warm: 2, Cold: 3 })),
  option('salesstage', options({ Qualify: 0, Develop: 1, Propose: 2, Close: 3 })),
  text('stepname', 200),
  memo('description'),
  lookup('originatingleadid', 'lead'),
  text('hnt_leadid', 36),
  ...stateAndStatus(options({ Open: 0, Won: 1, Lost: 2 }), OPPORTUNITY_STATUSES),
  ...money,
  ...system,
];
export const task: Column[] = [
  id('activityid'),
  text('subject', 200, { required: 'ApplicationRequired' }),
  memo('description'),
  plain('scheduledstart', 'datetime'),
  plain('scheduledend', 'datetime'),
  option('prioritycode', options({ Low: 0, Normal: 1, High: 2 })),
  regarding('regardingobjectid', '_task', 'account', 'contact', 'lead', 'opportunity'),
  ...stateAndStatus(options({ Open: 0, Completed: 1, Canceled: 2 }), TASK_STATUSES),
  ...system,
];
export const annotation: Column[] = [
  id('annotationid'),
  text('subject', 500),
  memo('notetext', 100_000),
  plain('isdocument', 'boolean'),
  text('filename', 255),
  regarding('objectid', '', 'account', 'contact', 'lead', 'opportunity'),
  lookup('createdby', 'systemuser'),
  ...system,
];
