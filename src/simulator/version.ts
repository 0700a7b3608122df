/**
 * The API version that a client must name in its Accept header.
 * It accepts any real date from the first version on: it does not know which of them Atlas has published or withdrawn.
 */
import { type Answer, refuse } from './answers.ts';

const firstVersion = '2023-01-01';

/** `undefined` if the header names a usable version. */
export function refuseVersion(accept: string | undefined): Answer | undefined {
  const version = /application\/vnd\.atlas\.([^\s;,+]+)\+json/i.exec(accept ?? '')?.[1];
  if (version === undefined) {
    return refuse({
      status: 406,
      errorCode: 'NOT_ACCEPTABLE',
      detail: 'The Accept header names no version of this resource that could be sent.',
    });
  }
  if (isRealDate(version) && version >= firstVersion) {
    return undefined;
  }
  return refuse({
    status: 400,
    errorCode: 'INVALID_VERSION_DATE',
    detail: `There is no API version ${version}.`,
    parameters: [version],
  });
}

function isRealDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) {
    return false;
  }
  const date = new Date(`${text}T00:00:00Z`);
  // 30 February parses as 1 March.
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}
