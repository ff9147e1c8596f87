/** The roles of members, with what each may do. */
export const roleOptions = [
  { value: 'viewer', label: 'Viewer: can view and export' },
  { value: 'member', label: 'Member: can also start a sync' },
  { value: 'admin', label: 'Admin: can also manage members' },
];

export const roleLabels = { viewer: 'Viewer', member: 'Member', admin: 'Admin', staff: 'Staff' };
