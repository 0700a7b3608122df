/** Which format and encoding of /metrics a request wants. */
import type { IncomingHttpHeaders } from 'node:http';
import Negotiator from 'negotiator';

export interface Wanted {
  readonly format: 'text' | 'openmetrics';
  readonly gzip: boolean;
}

const FORMATS: Readonly<Record<string, Wanted['format']>> = {
  'text/plain': 'text',
  'application/openmetrics-text': 'openmetrics',
};

/** RFC 9110, section 12.5. Text is the answer to whoever has no preference, or wants what we don't have. */
export function wantedBy(headers: IncomingHttpHeaders): Wanted {
  // Versions and escaping schemes vary by who scrapes, and only exact ones match: what counts is the bare type and its weight.
  const accept = (headers.accept ?? '*/*').replace(/;\s*(?!q=)[\w-]+=("[^"]*"|[^;,]*)/gi, '');
  const negotiator = new Negotiator({
    headers: { accept, 'accept-encoding': headers['accept-encoding'] ?? 'identity' },
  });
  const type = negotiator.mediaType(Object.keys(FORMATS));
  return {
    format: FORMATS[type ?? ''] ?? 'text',
    gzip: negotiator.encoding(['gzip', 'identity']) === 'gzip',
  };
}
