// Both documentation pages in Chromium: operations are shown, nothing is said on the console, no other host is asked.
import { chromium } from 'playwright-core';

const base = process.env.LEADSCORE_URL;
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-dev-shm-usage'],
});
const problems = [];
for (const [path, operations] of [['/docs', '.opblock'], ['/redoc', '[data-section-id*="/operation/"]']]) {
  const page = await browser.newPage();
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) problems.push(`${path} console: ${message.text()}`);
  });
  page.on('pageerror', (error) => problems.push(`${path} script: ${error.message}`));
  page.on('requestfailed', (request) => problems.push(`${path} failed: ${request.url()}`));
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(`${base}/`) && !/^(data|blob):/.test(url)) problems.push(`${path} asked ${url}`);
  });
  page.on('response', (response) => {
    if (response.status() >= 400) problems.push(`${path} ${response.status()}: ${response.url()}`);
  });
  await page.goto(base + path);
  await page.waitForSelector(operations, { timeout: 60_000, state: 'attached' }).catch((error) => problems.push(`${path}: ${error.message}`));
  await page.waitForTimeout(1_000);
  const count = await page.locator(operations).count();
  console.log(`${path}: ${count} operations`);
  if (count === 0) problems.push(`${path}: no operation is shown`);
  await page.close();
}
await browser.close();
for (const problem of problems) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;
