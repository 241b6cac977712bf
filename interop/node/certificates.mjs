// Certificates of clients, made with @peculiar/x509: by the authority that the server trusts, and by their own keys.
import "reflect-metadata";
import { createHash, webcrypto } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as x509 from "@peculiar/x509";
import { exportPKCS8, importPKCS8 } from "jose";
import { Agent, fetch as undiciFetch } from "undici";

const P256 = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const DAY = 24 * 60 * 60 * 1000;

x509.cryptoProvider.set(webcrypto);

/** What a certificate of the authority is for. */
const forClients = [
  new x509.BasicConstraintsExtension(false),
  new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth]),
];

/** Writes an authority, `ca.pem` and `ca.key.pem`, for the server's `--client-ca` and for [`issued`]. */
export async function writeAuthority(folder) {
  const extensions = [
    new x509.BasicConstraintsExtension(true, 0, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
  ];
  const { certificate, key } = await selfSigned("CN=Authority of the clients,O=Interop", extensions);
  writeFileSync(join(folder, "ca.pem"), certificate);
  writeFileSync(join(folder, "ca.key.pem"), key, { mode: 0o600 });
}

/** A certificate that the key itself vouches for. */
export async function selfSigned(name, extensions = forClients) {
  const keys = await generateKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({ name, keys, extensions, ...dates() });
  return described(certificate, keys);
}

/** A certificate of the authority that the server was started with. */
export async function issued(subject) {
  const folder = process.env.GRANTD_CLIENT_AUTHORITY;
  const authority = new x509.X509Certificate(readFileSync(join(folder, "ca.pem"), "utf8"));
  const signingKey = await importPKCS8(readFileSync(join(folder, "ca.key.pem"), "utf8"), "ES256");
  const keys = await generateKeys();
  const certificate = await x509.X509CertificateGenerator.create({
    subject,
    issuer: authority.subjectName,
    publicKey: keys.publicKey,
    signingKey,
    signingAlgorithm: P256,
    extensions: forClients,
    ...dates(),
  });
  return described(certificate, keys);
}

/** How undici connects with this certificate. `mtls.localhost` is nowhere in the DNS, so it is led to the server. */
export function agentWith({ certificate, key }) {
  const lookup = (_, options, found) => (options.all ? found(null, [local]) : found(null, local.address, local.family));
  const ca = readFileSync(process.env.GRANTD_CA);
  return new Agent({ connect: { cert: certificate, key, ca, lookup, servername: "localhost" } });
}

const local = { address: "127.0.0.1", family: 4 };

/** A `fetch` that shows this certificate. */
export function fetchWith(certificate) {
  const dispatcher = agentWith(certificate);
  return (url, options) => undiciFetch(url, { ...options, dispatcher });
}

function generateKeys() {
  return webcrypto.subtle.generateKey(P256, true, ["sign", "verify"]);
}

/** From a day ago, for clocks that are behind. */
function dates() {
  return { notBefore: new Date(Date.now() - DAY), notAfter: new Date(Date.now() + DAY), signingAlgorithm: P256 };
}

async function described(certificate, keys) {
  const thumbprint = createHash("sha256").update(new Uint8Array(certificate.rawData)).digest("base64url");
  return { certificate: certificate.toString("pem"), key: await exportPKCS8(keys.privateKey), thumbprint };
}
