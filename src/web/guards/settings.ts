/** The settings of the web config file. All of them can change while the program runs. */

export interface GuardSettings {
  /** Absent: plain HTTP. */
  readonly tls?: TlsSettings;
  /** Response headers that replace or extend the built-in ones. An empty value removes a header. */
  readonly headers: Readonly<Record<string, string>>;
  /** bcrypt hashes by user name. Without users no password is required. */
  readonly users: ReadonlyMap<string, string>;
}

/** Certificates and keys are PEM. */
export interface TlsSettings {
  readonly cert: Buffer;
  /** Unix time at which the server's certificate expires. */
  readonly expiresAtSeconds: number;
  /** The key is in a function, so that printed settings do not show it. */
  readonly key: () => Buffer;
  /** Absolute path of the key. */
  readonly keyFile: string;
  /** The certificate authorities that sign client certificates. */
  readonly clientAuthorities?: Buffer;
  /** `requested` and `any` (which requires one) accept certificates without verifying them. */
  readonly clientCertificates: 'none' | 'requested' | 'any' | 'if_given' | 'required';
  /** A client's certificate must have one of these subject alternative names. */
  readonly allowedClientNames?: readonly string[];
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3';
  readonly maxVersion: 'TLSv1.2' | 'TLSv1.3';
  /** As an OpenSSL cipher list. */
  readonly ciphers: string;
  readonly preferServerCiphers: boolean;
  /** As an OpenSSL list of groups. Left out: its default. */
  readonly curves?: string;
}

/** The settings without a web config file: plain HTTP without passwords. */
export const UNGUARDED: GuardSettings = { headers: {}, users: new Map() };
