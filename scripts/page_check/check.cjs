// Called by scripts/page-check: node check.cjs FOLDER PAGE...
"use strict";
const fs = require("fs");
const path = require("path");
const { pathToFileURL } = require("url");
const puppeteer = require("puppeteer-core");
const axe = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const VIEWS = [
  { name: "wide", width: 1280, height: 900, scheme: "light" },
  { name: "dark", width: 1280, height: 900, scheme: "dark" },
  { name: "phone", width: 390, height: 844, scheme: "light", isMobile: true },
  { name: "phone-dark", width: 390, height: 844, scheme: "dark", isMobile: true },
];
// What Chromium draws in one piece.
const TALLEST = 16000;
const FAILING = ["serious", "critical"];

async function look(browser, file, view, folder, stem, faults) {
  const fault = (text) => faults.push(`${stem}, ${view.name}: ${text}`);
  const page = await browser.newPage();
  page.on("console", (message) => message.type() === "error" && fault(`console: ${message.text()}`));
  page.on("pageerror", (error) => fault(`script: ${error.message}`));
  page.on("request", (request) => {
    const url = request.url();
    if (url !== pathToFileURL(file).href && !url.startsWith("data:")) fault(`asks for ${url}`);
  });
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: view.scheme }]);
  await page.setViewport({ width: view.width, height: view.height, isMobile: Boolean(view.isMobile), hasTouch: Boolean(view.isMobile) });
  await page.goto(pathToFileURL(file).href, { waitUntil: "load" });
  await overflow(page, fault);
  await shoot(page, view, path.join(folder, `${stem}-${view.name}.png`));
  // What is folded is looked at too.
  await page.evaluate(() => document.querySelectorAll("details").forEach((part) => (part.open = true)));
  await overflow(page, fault);
  await shoot(page, view, path.join(folder, `${stem}-${view.name}-unfolded.png`));
  await page.evaluate(axe);
  const found = await page.evaluate(() => axe.run(document, { resultTypes: ["violations"] }));
  for (const violation of found.violations) {
    const nodes = violation.nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join("\n    ");
    const text = `axe ${violation.id} (${violation.impact}, ${violation.nodes.length} ×): ${violation.help}\n    ${nodes}`;
    if (FAILING.includes(violation.impact)) fault(text);
    else console.log(`note: ${stem}, ${view.name}: ${text}`);
  }
  console.log(`${stem}, ${view.name}: axe-core ${found.testEngine.version}, ${found.violations.length} violation(s)`);
  if (view.name === "wide") {
    await sorting(page, fault);
    await print(page, path.join(folder, `${stem}.pdf`));
  }
  await page.close();
}

async function overflow(page, fault) {
  const [content, screen] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
  if (content > screen) fault(`the page is ${content} pixels wide on a screen of ${screen}`);
}

async function shoot(page, view, file) {
  const height = await page.evaluate(() => document.documentElement.scrollHeight);
  await page.screenshot({ path: file, clip: { x: 0, y: 0, width: view.width, height: Math.min(height, TALLEST) }, captureBeyondViewport: true });
}

// By the keyboard alone: up, down, and back to the order of the study.
async function sorting(page, fault) {
  const button = await page.$("table.sortable thead th:nth-child(3) button");
  if (!button) return;
  const column = () =>
    page.$eval("table.sortable", (table) => Array.from(table.tBodies[0].rows, (row) => (row.cells[2] ? row.cells[2].textContent : "")));
  const state = () => page.$eval("table.sortable thead th:nth-child(3)", (heading) => heading.getAttribute("aria-sort"));
  const first = await column();
  const numbers = (texts) => texts.map(parseFloat).filter((number) => !Number.isNaN(number));
  await button.focus();
  for (const [expected, direction] of [["ascending", 1], ["descending", -1], [null, 0]]) {
    await page.keyboard.press("Enter");
    const texts = await column();
    const found = numbers(texts);
    const isSorted = found.every((number, place) => place === 0 || direction * (number - found[place - 1]) >= 0);
    if ((await state()) !== expected) fault(`aria-sort is ${await state()}, not ${expected}`);
    if (!isSorted) fault(`${expected}: ${texts.join(", ")}`);
    if (direction === 0 && texts.join() !== first.join()) fault(`the order of the study is not restored: ${texts.join(", ")}`);
  }
}

async function print(page, file) {
  await page.evaluate(() => document.querySelectorAll("details").forEach((part) => (part.open = false)));
  await page.pdf({ path: file, format: "A4", preferCSSPageSize: false, printBackground: true });
}

async function main() {
  const [folder, ...files] = process.argv.slice(2);
  // Chromium's own cage does not work for root.
  const args = process.getuid && process.getuid() === 0 ? ["--no-sandbox"] : [];
  const browser = await puppeteer.launch({ executablePath: process.env.CHROMIUM, headless: true, args });
  const faults = [];
  try {
    for (const file of files) {
      const whole = path.resolve(file);
      const stem = path.basename(whole, ".html");
      for (const view of VIEWS) await look(browser, whole, view, folder, stem, faults);
    }
  } finally {
    await browser.close();
  }
  faults.forEach((text) => console.error(`page-check: ${text}`));
  console.log(`${files.length} page(s), ${faults.length} fault(s); pictures are in ${folder}`);
  process.exitCode = faults.length > 0 ? 1 : 0;
}

main().catch((error) => {
  console.error(`page-check: ${error.message}`);
  process.exitCode = 1;
});
