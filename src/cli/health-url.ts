/** Where a running exporter is asked for its health: as `--url` says, or on this host at the address that it listens on. */
import type { ListenAddress, Value } from './flag-values.ts';

const HEALTH_PATH = '/-/healthy';

/** An origin, or the whole address of the health page. */
export function parseHealthUrl(text: string): Value<string> {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    return { wrong: 'must be a URL such as http://127.0.0.1:19017' };
  }
  if (url.username !== '' || url.password !== '') {
    return { wrong: 'must have no user and password in it: the health page asks for none', isPrivate: true };
  }
  if (!['/', HEALTH_PATH].includes(url.pathname) || url.search !== '' || url.hash !== '') {
    return { wrong: 'must end after the host or port: no path, no query' };
  }
  return { value: url.origin + HEALTH_PATH };
}

/** Who listens on all interfaces is asked over loopback. */
export function healthUrlAt({ host, port }: ListenAddress): Value<string> {
  if (port === 0) return { wrong: 'names no port: say where the exporter is with --url' };
  const hosts: Readonly<Record<string, string>> = { '': '127.0.0.1', '0.0.0.0': '127.0.0.1', '::': '[::1]' };
  const written = host?.includes(':') ? `[${host}]` : (host ?? '');
  return { value: `http://${hosts[host ?? ''] ?? written}:${port}${HEALTH_PATH}` };
}
