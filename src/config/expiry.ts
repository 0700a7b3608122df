/** The day or moment a credential expires. A day means its first moment in UTC: too early by hours rather than too late. */
const DAY = /^(\d{4}-\d{2}-\d{2})$/;
const MOMENT = /^(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}:\d{2}(?:\.\d+)?)([Zz]|[+-]\d{2}:\d{2})$/;

/** Unix time, or undefined where the text is no date that exists. */
export function parseExpirySeconds(text: string): number | undefined {
  const [, day, time = '00:00:00', zone = 'Z'] = DAY.exec(text) ?? MOMENT.exec(text) ?? [];
  // `Date` takes February 30th for March 2nd.
  if (day === undefined || !isDay(day)) return undefined;
  const ms = Date.parse(`${day}T${time}${zone.toUpperCase()}`);
  return Number.isNaN(ms) ? undefined : ms / 1000;
}

function isDay(text: string): boolean {
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}
