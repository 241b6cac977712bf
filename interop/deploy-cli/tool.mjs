// The tool as its users run it: a process, a configuration file, and a folder or a YAML file.
//
// Each import compiles the schema of everything that Auth0 has, which takes a quarter of a minute; of YAML twice. So
// the tests import few times, mostly folders, and see the plan of an import while it is made.
import { spawn } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { load } from "js-yaml";

const cli = createRequire(import.meta.url).resolve("auth0-deploy-cli/lib/index.js");

/** What these tests import and export. */
const KINDS = ["tenant", "clients", "resourceServers", "clientGrants", "organizations"];

/** Runs the tool and gives what it printed; throws what it printed when it failed. */
async function run(server, settings, ...words) {
  const file = join(server.folder, "config.json");
  const config = {
    AUTH0_DOMAIN: server.domain,
    AUTH0_CLIENT_ID: server.admin.client_id,
    AUTH0_CLIENT_SECRET: server.admin.client_secret,
    AUTH0_INCLUDED_ONLY: KINDS,
    ...settings,
  };
  writeFileSync(file, JSON.stringify(config));
  const environment = { PATH: process.env.PATH, HOME: server.folder, NODE_EXTRA_CA_CERTS: server.authority, NO_COLOR: "1" };
  const child = spawn(process.execPath, [cli, ...words, "-c", file], {
    cwd: server.folder,
    env: environment,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (output += text));
  const code = await new Promise((resolve) => child.on("close", resolve));
  if (code !== 0) throw new Error(`auth0-deploy-cli ${words.join(" ")} ended with ${code}:\n${output}`);
  return output;
}

/** Shows what an import would do. Gives the lines of the table: the kind, what would happen, and to what. */
export async function plan(server, input, settings = {}) {
  return table(await run(server, settings, "import", "-i", input, "--dry-run"));
}

/** Imports a folder or a YAML file. Gives the lines of the table that the tool shows first. */
export async function imports(server, input, settings = {}) {
  return table(await run(server, settings, "import", "-i", input, "--dry-run", "--apply"));
}

/** The dry run proposes to delete the very client that the tool uses, which an import then leaves alone. */
function table(output) {
  const rows = output.split("\n").filter((line) => /^│.*\b(CREATE|UPDATE|DELETE)\b/.test(line));
  if (rows.length === 0 && !output.includes("No changes detected.")) throw new Error(output);
  const lines = rows.map((row) => row.split("│").slice(1, -1).map((cell) => cell.trim()).join(" ").trim());
  return lines.filter((line) => !line.endsWith(" Administration"));
}

/** Exports into a new folder and gives the folder. */
export async function exportsTo(server, format, name) {
  const folder = join(server.folder, name);
  await run(server, {}, "export", "-f", format, "-o", folder);
  return folder;
}

/** Exports as YAML and gives what it says. */
export async function exported(server) {
  const folder = await exportsTo(server, "yaml", `exported-${(server.exports = (server.exports ?? 0) + 1)}`);
  return load(readFileSync(join(folder, "tenant.yaml"), "utf8"));
}

/** Writes the tool's YAML form; JSON is YAML. Gives the file. */
export function yaml(server, content) {
  const file = join(server.folder, "tenant.yaml");
  writeFileSync(file, JSON.stringify(content, null, 2));
  return file;
}

const FOLDERS = {
  resourceServers: "resource-servers",
  clients: "clients",
  clientGrants: "grants",
  organizations: "organizations",
};

/** Writes the tool's directory form into a new folder and gives the folder. */
export function directory(server, { tenant, ...kinds }) {
  const folder = join(server.folder, `input-${(server.inputs = (server.inputs ?? 0) + 1)}`);
  const write = (path, content) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), typeof content === "string" ? content : JSON.stringify(content, null, 2));
  };
  if (tenant) write("tenant.json", tenant);
  for (const [kind, items] of Object.entries(kinds)) {
    mkdirSync(join(folder, FOLDERS[kind]), { recursive: true });
    items.forEach((item, number) => write(`${FOLDERS[kind]}/${number}.json`, item));
  }
  return folder;
}

/** The JSON files of a folder below an export, by name. */
export function read(folder) {
  const files = readdirSync(folder).filter((name) => name.endsWith(".json")).sort();
  return Object.fromEntries(files.map((name) => [name, JSON.parse(readFileSync(join(folder, name), "utf8"))]));
}
