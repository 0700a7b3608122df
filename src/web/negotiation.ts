/** Content negotiation of /metrics: format and compression. */
import type { IncomingHttpHeaders } from 'node:http';
import Negotiator from 'negotiator';

export interface Negotiated {
  readonly format: 'text' | 'openmetrics';
  readonly gzip: boolean;
}

const FORMATS: Readonly<Record<string, Negotiated['format']>> = {
  'text/plain': 'text',
  'application/openmetrics-text': 'openmetrics',
};

/** RFC 9110, section 12.5. The format is text if the client has no preference or accepts neither. */
export function negotiate(headers: IncomingHttpHeaders): Negotiated {
  // Only type and weight are compared. Scrapers also send versions and escaping schemes, which Negotiator would compare
  // exactly.
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
