/** The roles of members, with what each may do. */
export const roleOptions = [
  { value: 'viewer', label: 'Viewer: looks and exports' },
  { value: 'member', label: 'Member: also starts a sync' },
  { value: 'admin', label: 'Admin: also manages members' },
];

export const roleLabels = { viewer: 'Viewer', member: 'Member', admin: 'Admin', staff: 'Staff' };
