import { errorChain, logFor } from "@porthole/protocol/service";
import {
  type Certificate,
  type CertificateFiles,
  readCertificate,
  validityWarning,
} from "./certificate.ts";

const log = logFor("ingest", "tls");

/**
 * Looks whether the certificate was replaced, by content: links may be turned, clocks set back, and
 * both files are small. A new pair that is not in order is not used, and said once.
 */
export class CertificateWatch implements AsyncDisposable {
  readonly #files: CertificateFiles;
  readonly #onChange: (certificate: Certificate) => void;
  readonly #timer: ReturnType<typeof setInterval>;
  #current: Certificate;
  #saidProblem = "";
  #looking: Promise<void> | undefined;

  constructor(
    files: CertificateFiles,
    current: Certificate,
    onChange: (certificate: Certificate) => void,
    lookEveryMs: number,
  ) {
    this.#files = files;
    this.#current = current;
    this.#onChange = onChange;
    this.#warn();
    this.#timer = setInterval(() => void this.look(), lookEveryMs);
  }

  /** Never rejects. One look at a time. */
  look(): Promise<void> {
    return this.#looking ??= this.#look().finally(() => this.#looking = undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
  }

  async #look(): Promise<void> {
    try {
      const found = await readCertificate(this.#files);
      this.#saidProblem = "";
      if (found.cert === this.#current.cert && found.key === this.#current.key) return;
      this.#onChange(found);
      this.#current = found;
      log.info("the certificate was replaced", { file: this.#files.certPath });
      this.#warn();
    } catch (error) {
      const problem = errorChain(error);
      if (problem === this.#saidProblem) return;
      this.#saidProblem = problem;
      log.error("the certificate stays as it was: the new one cannot be used", { cause: problem });
    }
  }

  #warn(): void {
    const because = validityWarning(this.#current, Date.now());
    if (because === undefined) return;
    log.warn("the certificate is about to be of no use, or is", {
      file: this.#files.certPath,
      because,
    });
  }
}
