// Opens the HTML report in a browser, from a file and offline, as a release manager does: the demo's report, one with every
// kind of finding, the same full of hostile text, and one with 20,000 tasks. Nothing may be asked of the network, said on the
// console or run that is not the page's own script. Pages and screenshots are kept in target/html.
//
//     node .ci/html/check.mjs [path of regild]
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { chromium } from "playwright-core";
import { clashes } from "./contrast.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const regild = resolve(process.argv[2] ?? join(root, "target/release/regild"));
const out = join(root, "target/html");
const sample = JSON.parse(readFileSync(join(root, "src/report/sample.json"), "utf8"));

function run(args, code) {
  const start = performance.now();
  const done = spawnSync(regild, args, { encoding: "utf8", maxBuffer: 1 << 28 });
  assert.equal(done.status, code, `regild ${args.join(" ")}: ${done.stderr}`);
  return performance.now() - start;
}

function page(name, report) {
  const [from, to] = [join(out, `${name}.json`), join(out, `${name}.html`)];
  writeFileSync(from, JSON.stringify(report));
  const took = run(["report", "--from", from, "--output", `html=${to}`], 0);
  return { name, took, url: pathToFileURL(to).href, bytes: statSync(to).size };
}

// The report with `text` in place of every string that is not one of a closed list.
const closed = new Set(["status", "mode", "severity", "outcome", "code"]);
function poisoned(value, text, key) {
  if (typeof value === "string") return closed.has(key) ? value : text;
  if (Array.isArray(value)) return value.map((item) => poisoned(item, text, key));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, poisoned(item, text, key)]));
}

function flood(count) {
  const report = structuredClone(sample);
  const prompt = report.prompts[1];
  const [failing, passing] = ["regressed", "passing"].map((outcome) => prompt.tasks.find((task) => task.outcome === outcome));
  const copies = (task) => Array.from({ length: count }, (_, nth) => ({ ...task, id: `${task.id}-${nth}` }));
  prompt.tasks = [...copies(failing), ...copies(passing)];
  return report;
}

const attacks = [
  "<script>window.pwned=1;document.title='pwned'</script>",
  "</script></style></title></svg><script>window.pwned=1</script>",
  "<img src=x onerror=window.pwned=1><svg onload=window.pwned=1><iframe src=http://127.0.0.1:9/>",
  "\" onfocus=\"window.pwned=1\" autofocus x=\"",
  "javascript:window.pwned=1",
  "<meta http-equiv=refresh content='0;url=http://127.0.0.1:9/'><base href=http://127.0.0.1:9/><link rel=stylesheet href=//127.0.0.1:9/x>",
  "\u202e\u200b\u0000::error::x\n::add-mask::x\u001b[31m <!-- ]]> {{verdict}} ${pwned}",
];

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
run(["demo", join(out, "demo"), "--output", `html=${join(out, "demo.html")}`], 1);
const demo = { name: "demo", url: pathToFileURL(join(out, "demo.html")).href };
const full = page("sample", sample);
const hostile = attacks.map((text, nth) => page(`hostile-${nth + 1}`, poisoned(sample, text)));
const many = page("many", flood(10_000));
assert.ok(many.took < 10_000, `20,000 tasks took ${many.took} ms`);

const sandbox = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: sandbox });

// A page that must stay silent; `with_it` is what is done there.
async function visit({ name, url }, options, with_it) {
  const context = await browser.newContext({ offline: true, viewport: { width: 1280, height: 900 }, ...options });
  if (options.javaScriptEnabled !== false) await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const tab = await context.newPage();
  const said = [];
  tab.on("console", (message) => said.push(`console: ${message.text()}`));
  tab.on("pageerror", (error) => said.push(`error: ${error.message}`));
  tab.on("dialog", (dialog) => said.push(`dialog: ${dialog.message()}`));
  tab.on("request", (request) => request.url().split("#")[0] !== url && said.push(`request: ${request.url()}`));
  await tab.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) => console.error("policy", event.violatedDirective));
  });
  await tab.goto(url);
  await with_it(tab);
  if (options.javaScriptEnabled !== false) {
    assert.equal(await tab.evaluate(() => window.pwned), undefined, name);
    assert.notEqual(await tab.title(), "pwned", name);
  }
  assert.deepEqual(said, [], name);
  await context.close();
}

async function shoot(tab, name, fullPage = true) {
  await tab.screenshot({ path: join(out, `${name}.png`), fullPage });
}

const count = (tab, selector) => tab.locator(selector).count();
const focused = (tab) => tab.evaluate(() => document.activeElement.closest(".task")?.id ?? null);

async function filters(tab) {
  const all = await count(tab, ".task");
  assert.equal(all, 11);
  await tab.getByText("Failing", { exact: true }).click();
  assert.equal(await count(tab, ".task:visible"), 7);
  assert.equal(await tab.locator("#shown").textContent(), "7 of 11 shown");
  await tab.getByText("Changed", { exact: true }).click();
  const changed = await tab.locator(".task:visible .id").allTextContents();
  assert.deepEqual(changed, ["amount", "greeting", "kb_lookup", "refund_policy", "opening_hours", "long_thread", "smalltalk"]);
  await tab.getByText("All", { exact: true }).click();
  await tab.keyboard.press("/");
  await tab.keyboard.type("30 days");
  assert.deepEqual(await tab.locator(".task:visible .id").allTextContents(), ["refund_policy"], "answers are searched too");
  assert.equal(await count(tab, ".nothing:visible"), 1);
  await tab.keyboard.press("Escape");
  assert.equal(await count(tab, ".task:visible"), all);
}

async function keys(tab) {
  await tab.keyboard.press("j");
  assert.equal(await focused(tab), "t1");
  await tab.keyboard.press("j");
  await tab.keyboard.press("j");
  await tab.keyboard.press("k");
  assert.equal(await focused(tab), "t2");
  const is_open = () => tab.locator("#t2").evaluate((task) => task.open);
  const before = await is_open();
  await tab.keyboard.press("Enter");
  assert.equal(await is_open(), !before);
  await tab.keyboard.press("?");
  assert.ok(await tab.getByRole("dialog").isVisible());
  await tab.keyboard.press("Escape");
  assert.ok(!(await tab.getByRole("dialog").isVisible()));
  await tab.keyboard.press("e");
  assert.equal(await count(tab, ".task[open]"), 11);
  await tab.keyboard.press("e");
  assert.equal(await count(tab, ".task[open]"), 0);
  await tab.locator("#t4 > summary").click();
  assert.equal(await count(tab, "#t4[open]"), 1);
}

async function links_and_copies(tab) {
  await tab.getByText("Failing", { exact: true }).click();
  await tab.getByRole("link", { name: "support/refund_policy [mini]" }).click();
  await tab.waitForSelector("#t5[open]");
  assert.equal(await focused(tab), "t5");
  await tab.getByText("All", { exact: true }).click();
  const copy = tab.getByRole("button", { name: "Copy the command" }).first();
  await copy.click();
  await tab.waitForFunction(() => document.querySelector(".copy").textContent === "Copied");
  assert.equal(await tab.evaluate(() => navigator.clipboard.readText()), "regild diff support/kb_lookup");
}

async function themes(tab, name) {
  for (const details of await tab.locator("details").all()) await details.evaluate((node) => { node.open = true; });
  for (const theme of ["light", "dark"]) {
    await tab.keyboard.press("t");
    assert.equal(await tab.locator("html").getAttribute("data-theme"), theme);
    assert.deepEqual(await tab.evaluate(clashes), [], `${name}, ${theme}: contrast below 4.5`);
    await shoot(tab, `${name}-open-${theme}`);
  }
}

await visit(demo, {}, async (tab) => {
  assert.equal(await tab.locator("h1").textContent(), "Fail exit code 1");
  assert.ok((await count(tab, ".path")) > 0, "the demo's trajectories are shown");
  await shoot(tab, "demo-light");
  await shoot(tab, "demo-top", false);
  await themes(tab, "demo");
});
await visit(demo, { colorScheme: "dark" }, (tab) => shoot(tab, "demo-dark"));
await visit(full, {}, async (tab) => {
  await shoot(tab, "sample-light");
  await filters(tab);
  await keys(tab);
  await links_and_copies(tab);
  await themes(tab, "sample");
});
await visit(full, { javaScriptEnabled: false }, async (tab) => {
  assert.equal(await count(tab, "[data-script]:visible"), 0, "no button that does nothing");
  const task = tab.locator("#t5");
  await task.locator("summary").first().click();
  assert.ok(await task.getByText("You have 30 days.").isVisible());
  await shoot(tab, "no-script");
});
await visit(full, { viewport: { width: 400, height: 800 } }, async (tab) => {
  const wide = await tab.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(wide <= 0, `${wide} pixels wider than a telephone`);
  await shoot(tab, "narrow");
});
await visit(full, {}, async (tab) => {
  await tab.emulateMedia({ media: "print" });
  await tab.pdf({ path: join(out, "sample.pdf"), format: "A4", printBackground: true });
  assert.equal(await count(tab, "nav:visible, .filter:visible, button:visible"), 0);
  await shoot(tab, "print");
});
for (const page of hostile) {
  await visit(page, {}, async (tab) => {
    for (const key of ["j", "e", "t", "?", "Escape"]) await tab.keyboard.press(key);
    for (const link of await tab.locator("a").all()) assert.match(await link.getAttribute("href"), /^#[a-z]+\d*$/);
    assert.equal(await count(tab, "img, iframe, object, embed, link, base, form"), 0);
    assert.equal(await count(tab, "script"), 1);
    if (page === hostile[0]) await shoot(tab, "hostile");
  });
}
await visit(many, {}, async (tab) => {
  const start = performance.now();
  await tab.keyboard.press("/");
  await tab.keyboard.type("kb_lookup-77");
  await tab.waitForFunction(() => document.querySelector("#shown").textContent.startsWith("11 of"));
  console.log(`20,000 tasks: rendered in ${Math.round(many.took)} ms, ${(many.bytes / 1e6).toFixed(1)} MB, filtered in ${Math.round(performance.now() - start)} ms`);
});
await browser.close();
console.log(`page: ${hostile.length + 3} reports opened, ${out}`);
