// Keys of clients, made with jose, and how a client says that it authenticates by them.
import { exportPKCS8, exportSPKI, generateKeyPair } from "jose";

/** What assertions and DPoP proofs are signed with. */
export const algorithms = ["RS256", "RS384", "PS256", "ES256", "ES384", "EdDSA"];

/** A key pair for this algorithm, and the fields of a client that authenticates by it (private_key_jwt). */
export async function clientKey(alg) {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  const credential = { credential_type: "public_key", alg, pem: await exportSPKI(publicKey) };
  return {
    publicKey,
    privateKey,
    pkcs8: await exportPKCS8(privateKey),
    credential,
    fields: authenticatesBy("private_key_jwt", credential),
  };
}

/** The fields of a client that is known by its subject, or by one certificate of its own. */
export const certificateFields = {
  tls_client_auth: ({ certificate: pem }) =>
    authenticatesBy("tls_client_auth", { credential_type: "cert_subject_dn", pem }),
  self_signed_tls_client_auth: ({ certificate: pem }) =>
    authenticatesBy("self_signed_tls_client_auth", { credential_type: "x509_cert", pem }),
};

function authenticatesBy(method, credential) {
  return {
    token_endpoint_auth_method: undefined,
    jwt_configuration: { alg: "RS256" },
    client_authentication_methods: { [method]: { credentials: [credential] } },
  };
}
