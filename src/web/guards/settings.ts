/** The settings of the web config file. All of them can change while the program runs. */
import type { SecureContextOptions } from 'node:tls';

export interface GuardSettings {
  /** Absent: plain HTTP. */
  readonly tls?: TlsSettings;
  /** Response headers that replace or extend the built-in ones. An empty value removes a header. */
  readonly headers: Readonly<Record<string, string>>;
  /** bcrypt hashes by user name. Without users no password is required. */
  readonly users: ReadonlyMap<string, string>;
}

/** As in the exporter-toolkit. */
type ClientAuthType =
  | 'NoClientCert'
  | 'RequestClientCert'
  | 'RequireAnyClientCert'
  | 'VerifyClientCertIfGiven'
  | 'RequireAndVerifyClientCert';

export interface TlsSettings {
  /** Certificates, key, versions and ciphers. A function, so that printed settings do not show the key. */
  context(): SecureContextOptions;
  /** Unix time at which the server's certificate expires. */
  readonly expiresAtSeconds: number;
  /** Absolute path of the key. */
  readonly keyFile: string;
  /** `RequestClientCert` and `RequireAnyClientCert` accept certificates without verifying them. */
  readonly clientAuthType: ClientAuthType;
  /** A client's certificate must have one of these subject alternative names. */
  readonly allowedClientNames?: readonly string[];
}

/** The settings without a web config file: plain HTTP without passwords. */
export const UNGUARDED: GuardSettings = { headers: {}, users: new Map() };
