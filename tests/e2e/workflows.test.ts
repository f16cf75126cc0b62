import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { startService, type Service } from "../web/workflows/workflow-place.ts";
import {
  buildPageWhenStale,
  chromiumPath,
  findNameless,
  hasChromium,
  openPage,
  startBrowser,
  type OpenPage,
} from "./browser.ts";

if (!hasChromium)
  process.stderr.write(`\n*** THE PAGES OF WORKFLOWS ARE NOT TESTED: there is no browser at ${chromiumPath}. ***\n\n`);

const phone = { viewport: { width: 390, height: 800 }, hasTouch: true, isMobile: true };
const head = (name: string, group: string) => `name: ${name}\ndescription: About ${name}.\ngroup: ${group}\n`;
const workflows = {
  release: `${head("release", "development")}inputs:
  version: { type: text, description: Such as 1.4.0. }
  isUrgent: { type: boolean, default: false }
steps:
  - { id: rest, wait: 1ms }
  - { id: list, tool: file_list, with: {} }
  - { id: gate, approve: "Release <b>version</b> {{ inputs.version }}?" }
  - { id: after, wait: 1ms }
outputs: { version: "{{ inputs.version }}", isUrgent: "{{ inputs.isUrgent }}" }
`,
  clocked: `${head("clocked", "daily-life")}trigger: { cron: "0 9 * * *" }\nsteps: [{ id: rest, wait: 1h }]\n`,
  heard: `${head("heard", "daily-life")}trigger: { event: draft, when: 'trigger.record.${"long".repeat(40)} == 1' }\nsteps: [{ id: rest, wait: 1h }]\n`,
  wrong: `${head("wrong", "research")}steps: [{ id: a, wait: soon }]\n`,
};

describe.skipIf(!hasChromium)("the pages of workflows in a browser", { timeout: 60_000 }, () => {
  let browser: Browser;
  let service: Service;
  let open: OpenPage[] = [];

  beforeAll(async () => {
    await buildPageWhenStale();
    [browser, service] = await Promise.all([startBrowser(), startService(workflows)]);
  });
  afterAll(async () => {
    await browser?.close();
    expect(service?.errors).toEqual([]);
    await service?.close();
  });
  afterEach(async () => {
    const complaints = open.flatMap((one) => one.complaints).filter((text) => !/ERR_|WebSocket|40[0-9]/.test(text));
    await Promise.all(open.map((one) => one.close()));
    open = [];
    expect(complaints).toEqual([]);
  });

  async function visit(hash: string, options: BrowserContextOptions = {}): Promise<Page> {
    const opened = await openPage(browser, `http://127.0.0.1:${service.app.port}/${hash}`, options);
    open.push(opened);
    return opened.page;
  }
  const state = (page: Page, text: string) => page.getByRole("status").filter({ hasText: text }).waitFor();
  const begin = async (name: string, inputs = {}) =>
    ((await service.call(`/api/workflows/${name}`, { body: { inputs } })).json() as { id: string }).id;

  it("shows what there is, what starts by itself, and what is wrong where", async () => {
    const page = await visit("#/workflows");
    const timed = page.getByRole("region", { name: "Starts by itself" });
    await timed.getByRole("link", { name: "clocked" }).waitFor();
    expect(await timed.innerText()).toMatch(/09:00/);
    expect(await timed.getByRole("listitem").filter({ hasText: "heard" }).innerText()).toContain("on draft");
    expect(await page.getByRole("region", { name: "Files with faults" }).innerText()).toContain("wrong.yaml:4:");
    await page.getByRole("region", { name: "Development" }).getByRole("link", { name: "release", exact: true }).click();
    await page.getByRole("heading", { name: "release" }).waitFor();
    expect(await page.locator(".graph svg text").filter({ hasText: "gate" }).count()).toBe(1);
    expect(await findNameless(page)).toEqual([]);
  });

  it("starts one by keyboard, shows it live, and takes the answer to its question there", async () => {
    const page = await visit("#/workflows/release");
    await page.getByRole("button", { name: "Start" }).waitFor();
    await page.getByRole("button", { name: "Start" }).press("Enter");
    await page.getByRole("alert").filter({ hasText: 'The input "version" is required' }).waitFor();
    await page.getByLabel("version").fill("1.4.0");
    await page.getByLabel("isUrgent").press("Space");
    await page.getByLabel("version").press("Enter");
    await state(page, "under way");
    const card = page.getByRole("article", { name: "A question" });
    await card.getByText("Release <b>version</b> 1.4.0?").waitFor();
    expect(await card.locator("b").count()).toBe(0);
    expect(await page.locator(".graph .state-waiting").count()).toBe(1);
    await page.keyboard.press("j");
    await page.keyboard.press("a");
    await state(page, "done");
    await card.waitFor({ state: "detached" });
    expect(await page.locator(".graph .state-done").count()).toBe(4);
    const out = await page.getByRole("region", { name: "What came out" }).locator("pre").innerText();
    expect(JSON.parse(out)).toEqual({ version: "1.4.0", isUrgent: true });
    await page.locator("summary", { hasText: "list" }).click();
    expect(await page.locator("details[open] figcaption").first().innerText()).toBe("Out");
    expect(await findNameless(page)).toEqual([]);
  });

  it("halts, goes on, ends and repeats, and hears of what others do", async () => {
    const id = await begin("clocked");
    const page = await visit(`#/runs/${id}`);
    await page.getByRole("button", { name: "Pause" }).click();
    await state(page, "paused");
    await page.getByRole("button", { name: "Resume" }).click();
    await state(page, "under way");
    await service.call(`/api/runs/${id}`, { body: { command: "cancel" } });
    await state(page, "cancelled");
    await page.locator("summary", { hasText: "rest" }).click();
    await page.getByRole("button", { name: "Do it again from here" }).click();
    await state(page, "under way");
  });

  it("lists runs as they come and go", async () => {
    const page = await visit("#/runs");
    await page.getByRole("heading", { level: 2 }).waitFor();
    const id = await begin("clocked");
    const row = page.getByRole("region", { name: "Under way" }).locator(`a[href="#/runs/${id}"]`);
    await row.waitFor();
    await service.call(`/api/runs/${id}`, { body: { command: "cancel" } });
    await row.waitFor({ state: "detached" });
  });

  it("says so when there is no such run or workflow", async () => {
    const page = await visit("#/runs/nobody");
    await page.getByRole("heading", { name: "There is no such run." }).waitFor();
    await page.goto(`http://127.0.0.1:${service.app.port}/#/workflows/nobody`);
    await page.getByRole("heading", { name: "There is no such workflow." }).waitFor();
  });

  it("fits on a phone, light and dark: nothing wider than the screen, all targets large enough", async () => {
    const id = await begin("release", { version: "x".repeat(300) });
    for (const colorScheme of ["light", "dark"] as const)
      for (const hash of ["#/workflows", "#/workflows/release", "#/runs", `#/runs/${id}`]) {
        const page = await visit(hash, { ...phone, colorScheme });
        await page.locator(".flows h2, .flows h3").nth(1).waitFor();
        const [wide, small] = await page.evaluate<[number, number]>(`[
          document.querySelector(".page").scrollWidth - document.querySelector(".page").clientWidth,
          [...document.querySelectorAll(".flows button")].filter((each) => each.getBoundingClientRect().height < 36).length,
        ]`);
        expect([hash, wide, small]).toEqual([hash, 0, 0]);
        expect(await findNameless(page)).toEqual([]);
      }
  });
});
