import { MisuseError } from "@porthole/protocol/service";
import assert from "node:assert/strict";
import { openssl, TestCertificates } from "../testing/test_certificates.ts";
import { type CertificateFiles, readCertificate, validityWarning } from "./certificate.ts";

async function refusalOf(files: CertificateFiles): Promise<string> {
  try {
    await readCertificate(files);
  } catch (error) {
    assert.ok(error instanceof MisuseError);
    assert.doesNotMatch(String(error.cause ?? ""), /PRIVATE KEY/);
    return error.message;
  }
  return "";
}

Deno.test("a pair that belongs together is taken, with the time it is valid for", async () => {
  await using certificates = await TestCertificates.start();
  const files = await certificates.issue("server");
  const { cert, key, validFromMs, validToMs } = await readCertificate(files);
  assert.equal(cert, await Deno.readTextFile(files.certPath));
  assert.equal(key, await Deno.readTextFile(files.keyPath));
  assert.equal(Math.round((validToMs - validFromMs) / 86_400_000), 20);
});

Deno.test("what is wrong with either file is said, with its setting, path and cure", async () => {
  await using certificates = await TestCertificates.start();
  const good = await certificates.issue("good");
  const other = await certificates.issue("other");
  const nonsense = await certificates.write("nonsense.pem", "no PEM at all");
  const locked = await certificates.write("locked.key", "");
  await openssl("pkey", "-in", good.keyPath, "-aes256", "-passout", "pass:x", "-out", locked);
  const cases: [Partial<CertificateFiles>, RegExp][] = [
    [{ certPath: "/nonexistent/cert.pem" }, /^TLS_CERT: there is no file \/nonexistent\/cert.pem/],
    [{ keyPath: "/nonexistent/key.pem" }, /^TLS_KEY: there is no file \/nonexistent\/key.pem/],
    [{ certPath: "/" }, /^TLS_CERT: \/ cannot be read; let the user/],
    [{ certPath: nonsense }, /^TLS_CERT: .*nonsense.pem does not begin with a certificate in PEM/],
    [{ certPath: good.keyPath }, /^TLS_CERT: .*does not begin with a certificate in PEM/],
    [{ keyPath: nonsense }, /^TLS_KEY: .*nonsense.pem holds no private key.*openssl pkey/],
    [{ keyPath: good.certPath }, /^TLS_KEY: .*holds no private key/],
    [
      { keyPath: locked },
      /^TLS_KEY: .*locked.key holds no private key.*or one behind a passphrase/,
    ],
    [{ keyPath: other.keyPath }, /^TLS_KEY: .*other.key is not the key of the first certificate/],
  ];
  for (const [wrong, expected] of cases) {
    assert.match(await refusalOf({ ...good, ...wrong }), expected);
  }
});

Deno.test("a certificate that browsers refuse, or soon will, is warned of", () => {
  const day = 24 * 3_600_000;
  const certificate = { cert: "", key: "", validFromMs: 10 * day, validToMs: 100 * day };
  assert.equal(validityWarning(certificate, 50 * day), undefined);
  assert.match(validityWarning(certificate, 9 * day) ?? "", /valid from 1970-01-11 on.*clock/);
  assert.match(validityWarning(certificate, 94 * day) ?? "", /expires on 1970-04-11; put a new/);
  assert.match(validityWarning(certificate, 101 * day) ?? "", /expired on 1970-04-11.*new one/);
});
