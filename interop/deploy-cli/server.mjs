// A server of its own for each test: the tool deletes what its input does not name, so nothing may be shared.
// `cargo xtask test` says through the environment where the program is.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const program = process.env.GRANTD_PROGRAM;
if (!program) throw new Error("GRANTD_PROGRAM is not set: run `cargo xtask test deploy-cli`, or see ../README.md");

/** Starts grantd in an empty folder; `test` stops it and fails when it does not stop in order. */
export async function start(test) {
  const folder = mkdtempSync(join(tmpdir(), "grantd-deploy-cli-"));
  const data = join(folder, "data");
  const child = spawn(program, ["serve", "--listen", "127.0.0.1:0", "--operations-listen", "off", "--data", data], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  test.after(async () => {
    const exited = child.exitCode === null ? once(child, "exit") : [child.exitCode];
    child.kill("SIGTERM");
    const [code] = await exited;
    rmSync(folder, { recursive: true });
    if (code !== 0) throw new Error(`grantd ended with ${code}`);
  });
  await ready(child);
  return new Server(folder, JSON.parse(readFileSync(join(data, "admin.json"), "utf8")), join(data, "ca.pem"));
}

async function ready(child) {
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith("grantd is ready at ")) {
      child.stdout.resume();
      return;
    }
  }
  throw new Error("grantd did not start");
}

class Server {
  constructor(folder, admin, authority) {
    Object.assign(this, { folder, admin, authority, domain: new URL(admin.issuer).host });
  }

  /** Asks the Management API past the tool, to see what the tool has done. */
  async api(method, path, body) {
    this.token ??= (
      await this.send("POST", "/oauth/token", {
        grant_type: "client_credentials",
        client_id: this.admin.client_id,
        client_secret: this.admin.client_secret,
        audience: this.admin.audience,
      })
    ).access_token;
    return this.send(method, `/api/v2/${path}`, body);
  }

  async send(method, path, body) {
    const url = new URL(path, this.admin.issuer);
    const headers = { "content-type": "application/json" };
    if (this.token) headers.authorization = `Bearer ${this.token}`;
    const sent = request(url, { method, headers, ca: readFileSync(this.authority) });
    sent.end(body && JSON.stringify(body));
    const [answer] = await once(sent, "response");
    let text = "";
    for await (const chunk of answer.setEncoding("utf8")) text += chunk;
    if (answer.statusCode >= 300) throw new Error(`${method} ${path}: ${answer.statusCode} ${text}`);
    return text && JSON.parse(text);
  }

  /** All grants but the administrator's, which the tool never touches either. */
  async grants() {
    const { client_grants: grants } = await this.api("GET", "client-grants?take=100");
    return grants.filter((grant) => grant.client_id !== this.admin.client_id);
  }

  async clientNamed(name) {
    return (await this.api("GET", "clients?per_page=100")).find((client) => client.name === name);
  }
}
