// Opens pages of HTML in a real browser, one JSON line for each:
//
//   node look.mjs BROWSER FOLDER PAGE...
//
// What is looked at: whether anything but the page is asked for, whether a script could run, what axe-core finds in
// light and in dark, in which order the keyboard gets through, and whether the page is wider than the window. FOLDER
// takes the browser's profile and a picture of each page in each scheme and on paper.
import { createRequire } from "node:module";
import { readFileSync, mkdtempSync } from "node:fs";
import { join, basename } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const [browser, folder, ...pages] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const quiet = [
  "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync", "--no-sandbox",
];

const context = await chromium.launchPersistentContext(mkdtempSync(join(folder, "profile-")), {
  executablePath: browser, headless: true, args: quiet, bypassCSP: false, offline: false,
});

// axe needs a script, and the page allows none: it runs in a world of its own, which the page's policy does not bind.
async function findings(page) {
  const session = await context.newCDPSession(page);
  const { frameTree } = await session.send("Page.getFrameTree");
  const { executionContextId } = await session.send("Page.createIsolatedWorld", { frameId: frameTree.frame.id });
  const run = async (expression) => {
    const answer = await session.send("Runtime.evaluate", {
      expression, contextId: executionContextId, awaitPromise: true, returnByValue: true,
    });
    if (answer.exceptionDetails) throw new Error(JSON.stringify(answer.exceptionDetails));
    return answer.result.value;
  };
  await run(`${axe}; undefined`);
  const found = await run("axe.run(document, { resultTypes: ['violations', 'incomplete'] })");
  const told = (it) => it.nodes.map((node) => `${it.id}: ${node.target.join(" ")} ${node.failureSummary ?? ""}`);
  return {
    violations: found.violations.flatMap(told),
    unsure: found.incomplete.flatMap(told),
    rules: found.passes.length,
  };
}

// The places that the keyboard stops at, in order, from the top to where it leaves the page.
async function stops(page) {
  const order = [];
  for (let count = 0; count < 500; count += 1) {
    await page.keyboard.press("Tab");
    const stop = await page.evaluate(() => {
      const it = document.activeElement;
      if (!it || it === document.body) return null;
      const top = it.getBoundingClientRect().top + window.scrollY;
      const seen = getComputedStyle(it).outlineStyle !== "none";
      return { name: it.getAttribute("href") ?? it.localName, top: Math.round(top), seen };
    });
    if (!stop) break;
    order.push(stop);
  }
  return order;
}

async function look(path, colorScheme) {
  const page = await context.newPage();
  const asked = [], said = [], dialogs = [];
  page.on("request", (it) => asked.push(it.url()));
  page.on("console", (it) => said.push(it.text()));
  page.on("pageerror", (it) => said.push(String(it)));
  page.on("dialog", async (it) => { dialogs.push(it.message()); await it.dismiss(); });
  await page.emulateMedia({ colorScheme });
  await page.setViewportSize({ width: 1100, height: 900 });
  const address = pathToFileURL(path).href;
  await page.goto(address);
  const line = {
    page: basename(path), scheme: colorScheme, title: await page.title(),
    asked: asked.filter((it) => it !== address && it !== "data:,"),
    said, dialogs,
    marks: await page.evaluate(() => ({
      ran: typeof window.ran !== "undefined",
      scripts: document.scripts.length,
      foreign: document.querySelectorAll("img, iframe, object, embed, form, input, button, base, math, video, audio").length,
      handlers: [...document.querySelectorAll("*")].filter((it) => [...it.attributes].some((at) => at.name.startsWith("on"))).length,
      styled: [...document.querySelectorAll("[style]")].length,
      links: [...document.links].map((it) => it.getAttribute("href")).filter((it) => !it.startsWith("#")),
      headings: [...document.querySelectorAll("h1, h2, h3, h4")].map((it) => `${it.localName} ${it.textContent}`),
      main: document.querySelector("main").textContent,
    })),
    axe: await findings(page),
  };
  const name = basename(path, ".html");
  await page.screenshot({ path: join(folder, `${name}-${colorScheme}.png`), fullPage: true });
  if (colorScheme === "light") {
    line.stops = await stops(page);
    await page.setViewportSize({ width: 360, height: 740 });
    line.overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    await page.screenshot({ path: join(folder, `${name}-narrow.png`), fullPage: false });
    await page.pdf({ path: join(folder, `${name}.pdf`), format: "A4", margin: { top: "15mm", bottom: "15mm", left: "15mm", right: "15mm" } });
    await page.emulateMedia({ media: "print" });
    line.printed = await page.evaluate(() => [...document.querySelectorAll("details")].every((it) => {
      const inside = it.querySelector("summary + *");
      return !inside || inside.getBoundingClientRect().height > 0;
    }));
  }
  await page.close();
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

for (const path of pages) for (const scheme of ["light", "dark"]) await look(path, scheme);
await context.close();
