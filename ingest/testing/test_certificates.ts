import { join } from "node:path";

/** A certificate of a server on this machine, and its key. */
export interface IssuedCertificate {
  readonly certPath: string;
  readonly keyPath: string;
}

/** An authority of its own that issues certificates, with openssl, until it is disposed of. */
export class TestCertificates implements AsyncDisposable {
  readonly #directory: string;
  /** Whom to trust, in PEM. */
  readonly caCert: string;

  private constructor(directory: string, caCert: string) {
    this.#directory = directory;
    this.caCert = caCert;
  }

  static async start(): Promise<TestCertificates> {
    const directory = await Deno.makeTempDir({ prefix: "porthole-tls-" });
    const [key, cert] = [join(directory, "ca.key"), join(directory, "ca.pem")];
    await openssl("req", "-x509", ...NEW_KEY, "-keyout", key, "-out", cert, "-subj", "/CN=test");
    return new TestCertificates(directory, await Deno.readTextFile(cert));
  }

  /** Another one each time, for `localhost` and 127.0.0.1. */
  async issue(name: string): Promise<IssuedCertificate> {
    const at = (file: string) => join(this.#directory, file);
    const [keyPath, certPath, request] = [at(`${name}.key`), at(`${name}.pem`), at(`${name}.csr`)];
    const names = "subjectAltName=DNS:localhost,IP:127.0.0.1";
    await openssl(
      ...["req", ...NEW_KEY, "-keyout", keyPath, "-out", request],
      ...["-subj", `/CN=${name}`, "-addext", names],
    );
    await openssl(
      ...["x509", "-req", "-in", request, "-CA", at("ca.pem"), "-CAkey", at("ca.key")],
      ...["-CAcreateserial", "-days", "20", "-copy_extensions", "copyall", "-out", certPath],
    );
    return { certPath, keyPath };
  }

  /** A file of that content. */
  async write(name: string, content: string): Promise<string> {
    const path = join(this.#directory, name);
    await Deno.writeTextFile(path, content);
    return path;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.#directory, { recursive: true });
  }
}

const NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

export async function openssl(...args: string[]): Promise<void> {
  const { code, stderr } = await new Deno.Command("openssl", { args }).output();
  if (code !== 0) throw new Error(`openssl ${args[0]}: ${new TextDecoder().decode(stderr)}`);
}
