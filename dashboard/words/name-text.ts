/** "north-field" → "North field": areas travel as ids only. */
export function nameText(id: string): string {
  const spaced = id.replaceAll(/[-_]/g, " ");
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}
