/** The roles of members, with what each may do. */
export const roleOptions = [
  { value: 'viewer', label: 'Viewer: looks and exports' },
  { value: 'member', label: 'Member: also starts a sync' },
  { value: 'admin', label: 'Admin: also manages members' },
];
