import { MisuseError } from "@porthole/protocol/service";
import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";

/** Where the certificate and its key lie, in PEM. */
export interface CertificateFiles {
  /** The server's own first, then those that lead to one that clients know. */
  readonly certPath: string;
  readonly keyPath: string;
}

/** A certificate with the key that belongs to it, both in PEM. */
export interface Certificate {
  readonly cert: string;
  /** A secret: not to be logged. */
  readonly key: string;
  readonly validFromMs: number;
  readonly validToMs: number;
}

/**
 * Both files, found to belong together.
 *
 * @throws {MisuseError} naming the setting, what is wrong with its file, and what to do
 */
export async function readCertificate(files: CertificateFiles): Promise<Certificate> {
  const cert = await readPem("TLS_CERT", files.certPath);
  const key = await readPem("TLS_KEY", files.keyPath);
  const x509 = certificateOf(cert, files.certPath);
  if (!x509.checkPrivateKey(privateKeyOf(key, files.keyPath))) {
    throw new MisuseError(
      `TLS_KEY: ${files.keyPath} is not the key of the first certificate in ${files.certPath}; ` +
        "the server's own certificate comes first, and both files are of the same issue",
    );
  }
  return {
    cert,
    key,
    validFromMs: Date.parse(x509.validFrom),
    validToMs: Date.parse(x509.validTo),
  };
}

/** Why clients will not take it although it is in order; `undefined` when they will. Pure. */
export function validityWarning(certificate: Certificate, nowMs: number): string | undefined {
  const { validFromMs, validToMs } = certificate;
  if (nowMs > validToMs) {
    return `it expired on ${dateOf(validToMs)}: browsers refuse it; put a new one in its place`;
  }
  if (nowMs < validFromMs) {
    return `it is valid from ${dateOf(validFromMs)} on: browsers refuse it; is the clock right?`;
  }
  if (validToMs - nowMs < EXPIRES_SOON_MS) {
    return `it expires on ${dateOf(validToMs)}; put a new one in its place before that`;
  }
  return undefined;
}

const EXPIRES_SOON_MS = 7 * 24 * 3_600_000;

async function readPem(setting: string, path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) {
      throw new MisuseError(`${setting}: there is no file ${path}`, { cause });
    }
    throw new MisuseError(
      `${setting}: ${path} cannot be read; let the user that ingest runs as read it`,
      { cause },
    );
  }
}

function certificateOf(pem: string, path: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (cause) {
    throw new MisuseError(
      `TLS_CERT: ${path} does not begin with a certificate in PEM (-----BEGIN CERTIFICATE-----)`,
      { cause },
    );
  }
}

/** What the parser says is left out of the error: it may quote the file. */
function privateKeyOf(pem: string, path: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch {
    throw new MisuseError(
      `TLS_KEY: ${path} holds no private key in PEM, or one behind a passphrase; ` +
        "`openssl pkey -in OLD -out NEW` takes a passphrase off",
    );
  }
}

function dateOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
