// Makes the authority of the clients' certificates in the folder GRANTD_CLIENT_AUTHORITY, before the server starts.
import { writeAuthority } from "./certificates.mjs";

await writeAuthority(process.env.GRANTD_CLIENT_AUTHORITY);
