/** What is after the name of a column with the label of its value. */
export const labelOf = '@OData.Community.Display.V1.FormattedValue';

/** A lead of Dynamics 365: the columns that the mapping reads, and about as many that it does not. */
export type Row = Record<string, string | number | boolean | null>;

/** Rows as JSON.parse makes them, each a little different; every eighth lacks some values. */
export function createRows(count: number): Row[] {
  const text = JSON.stringify(Array.from({ length: count }, (_, at) => createRow(at)));
  return JSON.parse(text) as Row[];
}

function createRow(at: number): Row {
  const isSparse = at % 8 === 0;
  const day = String((at % 28) + 1).padStart(2, '0');
  return {
    '@odata.etag': `W/"${214_293_600_000 + at}"`,
    leadid: `5531d753-95af-e711-a94e-${String(at).padStart(12, '0')}`,
    subject: `Migration of company ${at}`,
    fullname: isSparse ? null : `Ana ${at} Lima`,
    firstname: isSparse ? null : `Ana ${at}`,
    lastname: 'Lima',
    companyname: `Company  ${at} `,
    emailaddress1: `ana.${at}@company-${at % 977}.example`,
    telephone1: isSparse ? null : `+1 202 555 ${String(at % 10_000).padStart(4, '0')}`,
    mobilephone: null,
    address1_city: 'Halifax',
    address1_stateorprovince: at % 3 === 0 ? 'NS' : null,
    address1_country: 'Canada',
    revenue: 10_400_000,
    websiteurl: `https://company-${at % 977}.example`,
    estimatedamount_base: isSparse ? null : 9_000 + (at % 100) / 4,
    estimatedamount: isSparse ? null : 9_000 + (at % 100) / 4,
    estimatedclosedate: null,
    statecode: at % 3,
    leadsourcecode: 8,
    [`leadsourcecode${labelOf}`]: 'Web',
    [`_ownerid_value${labelOf}`]: 'Zoe Delacroix',
    hnt_leadid: null,
    statuscode: 1,
    [`statuscode${labelOf}`]: isSparse ? null : 'New',
    [`statecode${labelOf}`]: 'Open',
    createdon: `2026-01-${day}T09:30:00Z`,
    modifiedon: `2026-11-${day}T16:45:10Z`,
    description: 'Wants to move its mail before the end of the year.',
  };
}
