/** Reads series out of a text exposition. */

/** Values of all series with this name, by their labels without group_id: `Cluster0,queued` → 1. */
export function seriesOf(exposition: string, name: string): Record<string, number> {
  const found: Record<string, number> = {};
  for (const line of exposition.split('\n')) {
    const [, metric, labels = '', value] = /^(\w+)(?:{(.*)})? (\S+)$/.exec(line) ?? [];
    if (metric !== `mongodbatlas_backup_${name}`) continue;
    const values = [...labels.matchAll(/(\w+)="([^"]*)"/g)]
      .filter(([, key]) => key !== 'group_id')
      .map(([, , one]) => one);
    found[values.join(',')] = Number(value);
  }
  return found;
}
