/** What the names of an action's own fields begin with in a form, which has others besides. */
export const fieldPrefix = 'value.';
