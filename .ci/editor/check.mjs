// Opens every sample in yaml-language-server, which is what editors run, and compares what it reports with what regild does:
// nothing for a valid file, and for an invalid one a problem on each line that tests/samples/problems.txt names. The server
// finds the schema by the first line of each file; nothing is configured here.
import { spawn } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "..", "..");
const samples = join(root, "tests", "samples");
const server = spawn(process.execPath, [join(here, "node_modules/yaml-language-server/bin/yaml-language-server"), "--stdio"], {
  stdio: ["pipe", "pipe", "inherit"],
});

let buffer = Buffer.alloc(0);
const waiting = new Map();
server.stdout.on("data", (chunk) => {
  buffer = Buffer.concat([buffer, chunk]);
  for (;;) {
    const end = buffer.indexOf("\r\n\r\n");
    if (end < 0) return;
    const length = Number(/Content-Length: (\d+)/i.exec(buffer.subarray(0, end).toString())[1]);
    if (buffer.length < end + 4 + length) return;
    const message = JSON.parse(buffer.subarray(end + 4, end + 4 + length));
    buffer = buffer.subarray(end + 4 + length);
    receive(message);
  }
});

function send(message) {
  const body = Buffer.from(JSON.stringify({ jsonrpc: "2.0", ...message }));
  server.stdin.write(`Content-Length: ${body.length}\r\n\r\n`);
  server.stdin.write(body);
}

function receive(message) {
  if (message.method === "textDocument/publishDiagnostics") {
    waiting.get(message.params.uri)?.(message.params.diagnostics);
  } else if (message.id === 1 && message.result) {
    waiting.get("initialized")();
  } else if (message.method && message.id !== undefined) {
    // Requests of the server, such as for settings: the defaults will do.
    const items = message.params?.items;
    send({ id: message.id, result: items ? items.map(() => null) : null });
  }
}

function answer(key, ask) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no answer about ${key}`)), 60_000);
    waiting.set(key, (value) => {
      clearTimeout(timer);
      resolve(value);
    });
    ask();
  });
}

function files(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? files(path) : path.endsWith(".yaml") ? [path] : [];
  });
}

const wrong = new Map();
for (const line of readFileSync(join(samples, "problems.txt"), "utf8").trim().split("\n")) {
  const [file, number] = line.split(":");
  wrong.set(file, [...(wrong.get(file) ?? []), Number(number)]);
}

await answer("initialized", () =>
  send({ id: 1, method: "initialize", params: { processId: process.pid, rootUri: null, capabilities: {} } }),
);
send({ method: "initialized", params: {} });

let failed = 0;
let valid = 0;
let invalid = 0;
// This repository's own prompts and tasks name their schemas too.
const own = ["prompts", "golden"].flatMap((folder) => files(join(root, folder))).concat(join(root, "regild.yaml"), join(root, "prices.yaml"));
const named = own.filter((path) => readFileSync(path, "utf8").startsWith("# yaml-language-server:"));
for (const path of files(samples).concat(named).sort()) {
  const name = relative(samples, path).replaceAll("\\", "/");
  const uri = pathToFileURL(path).href;
  const text = readFileSync(path, "utf8");
  const found = await answer(uri, () =>
    send({ method: "textDocument/didOpen", params: { textDocument: { uri, languageId: "yaml", version: 1, text } } }),
  );
  const lines = found.map((one) => one.range.start.line + 1);
  const shown = found.map((one) => `line ${one.range.start.line + 1}: ${one.message}`).join("; ") || "nothing";
  const expected = wrong.get(name) ?? [];
  const agrees = expected.length === 0 ? found.length === 0 : expected.every((line) => lines.includes(line));
  if (!agrees) {
    failed += 1;
    console.log(`${name}: regild names lines [${expected}], the editor says ${shown}`);
  }
  expected.length === 0 ? (valid += 1) : (invalid += 1);
}
server.kill();
console.log(`yaml-language-server agrees on ${valid} valid and ${invalid} invalid files, except ${failed}`);
process.exit(failed === 0 && valid > 0 && invalid > 0 ? 0 : 1);
