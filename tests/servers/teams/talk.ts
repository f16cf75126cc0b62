/*
 * A talk between the adapter and the Microsoft 365 Agents Playground, in a network of its own: start.ts makes it. Each
 * step is told as a line of JSON; what is right is said in playground.test.ts.
 */
import { spawn } from "node:child_process";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import type { Page } from "playwright-core";
import { createChannel } from "../../../channels/teams/index.ts";
import { optionsSchema } from "../../../channels/teams/config.ts";
import type { Address, InboundMessage } from "../../../src/core/message.ts";
import {
  createChannelContext,
  createRecordingSink,
  createSendContext,
  outbound,
  waitUntil,
} from "../../doubles/channel-context.ts";
import { openPage, startBrowser } from "../../e2e/browser.ts";

const markdown = [
  "# A title",
  "**bold** and *slanted*, `code`, <b>no tag</b>, snake_case, 2 * 3",
  "| Host | Load |\n| ---- | ---- |\n| web1 | 0.7 |",
  "- one\n- two",
  "```sh\nls -l\n  indented\n```",
  "[a link](https://example.org/path)",
].join("\n\n");
const choices = [
  { label: "Approve", command: "/approve 3f9a", style: "primary" },
  { label: "Deny", command: "/deny 3f9a", style: "danger" },
] as const;

const tell = (step: string, sight: object): void =>
  void process.stdout.write(`${JSON.stringify({ step, ...sight })}\n`);

const sink = createRecordingSink();
const channel = createChannel(createChannelContext(optionsSchema.parse({ playground: true }), { name: "teams" }));
const stop = new AbortController();
const statuses: number[] = [];

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method = "GET" } = request;
  const body = await buffer(request);
  const call = new Request(`http://${request.headers.host}${request.url}`, {
    method,
    headers: { "content-type": String(request.headers["content-type"]) },
    ...(method === "POST" ? { body } : {}),
  });
  const given = (await channel.webhook?.(call)) ?? new Response(null, { status: 404 });
  // It looks whether somebody is there, by HEAD.
  if (method === "POST") statuses.push(given.status);
  response.writeHead(given.status, { "content-type": "application/json" }).end(Buffer.from(await given.arrayBuffer()));
}

const server = createServer((request, response) => void answer(request, response));
await new Promise<void>((resolve) => server.listen(3_978, "127.0.0.1", resolve));
const started = channel.start(sink, stop.signal);
await sink.waitForState("up");

const folder = await mkdtemp(join(tmpdir(), "parlance-playground-"));
const cli = join(import.meta.dirname, "run-playground.ts");
const playground = spawn(
  process.execPath,
  [cli, "start", "-e", "http://127.0.0.1:3978/hooks/teams", "-c", "msteams", "-p", "56150", "--disable-telemetry"],
  { cwd: folder, stdio: ["ignore", "pipe", "inherit"] },
);
let said = "";
playground.stdout.setEncoding("utf8").on("data", (text: string) => (said += text));
await waitUntil(
  () => said.includes("Listening on"),
  30_000,
  () => "the Playground",
);

const browser = await startBrowser();
const { page } = await openPage(browser, "http://127.0.0.1:56150/");
const editor = page.locator('[role="textbox"][contenteditable="true"]');
await editor.first().waitFor();

async function say(text: string): Promise<InboundMessage> {
  const before = sink.messages.length;
  await editor.first().click();
  await page.keyboard.type(text);
  await page.keyboard.press("Enter");
  return (await sink.waitFor(before + 1, 10_000))[before] as InboundMessage;
}

const send = (address: Address, text: string, extra: object = {}): Promise<readonly string[]> =>
  channel.send(outbound(address, text, extra), createSendContext());

/** Waits until people see it. */
const see = async (text: string): Promise<void> => page.getByText(text, { exact: false }).last().waitFor();

const isShown = (selector: string, text: string): Promise<boolean> =>
  page.locator(selector, { hasText: text }).last().isVisible();

await (async function talkInPersonalChat() {
  const heard = await say("hello there");
  tell("heard", { heard, health: sink.states.at(-1) });
  const { address } = heard;

  await channel.typing?.(address, stop.signal);
  await send(address, markdown);
  await see("slanted");
  tell("markdown", {
    bold: await isShown("strong", "bold"),
    slanted: await isShown("em", "slanted"),
    code: await isShown("code", "code"),
    table: await page.locator("pre", { hasText: "web1" }).last().innerText(),
    fence: await page.locator("pre", { hasText: "ls -l" }).last().innerText(),
    items: await page.locator("li", { hasText: /^(one|two)$/ }).allInnerTexts(),
    link: await page.locator("a", { hasText: "a link" }).last().getAttribute("href"),
    plain: await page.locator("p", { hasText: "snake_case" }).last().innerText(),
  });

  await send(address, "May I run **this**?\n\n```\nrm -rf old\n```", { choices });
  const before = sink.messages.length;
  await page.getByRole("button", { name: "Deny" }).click();
  tell("pressed", { press: (await sink.waitFor(before + 1, 10_000))[before], heard });

  const message = outbound(address, "first words");
  const [id = ""] = await channel.send(message, createSendContext());
  await see("first words");
  await channel.edit?.({ ...message, text: "second words" }, id, stop.signal);
  await see("second words");
  tell("edited", {
    old: await page.locator("p", { hasText: /^first words$/ }).count(),
    now: await page.locator("p", { hasText: /^second words$/ }).count(),
  });
  const gone = await channel.edit?.(message, `${address.chat}|1`, stop.signal).catch((error: unknown) => error);
  tell("gone", { code: (gone as { code?: string } | undefined)?.code });
})();

/** Picks the bot from the list that "@" opens. */
async function mention(here: Page, text: string): Promise<InboundMessage> {
  const before = sink.messages.length;
  await editor.first().click();
  await here.keyboard.type("@");
  await here.getByText("Test Bot", { exact: true }).last().click();
  await here.keyboard.type(` ${text}`);
  await here.keyboard.press("Enter");
  return (await sink.waitFor(before + 1, 10_000))[before] as InboundMessage;
}

for (const [step, room] of [
  ["group", "Group Chat"],
  ["channel", "General"],
] as const) {
  await page.getByText(room, { exact: true }).last().click();
  await page.waitForTimeout(1_000);
  const heard = await mention(page, `are you in the ${step}`);
  await send(heard.address, `here in the ${step}`);
  await see(`here in the ${step}`);
  tell(step, { heard });
}

const direct = await channel.openDirect?.("teams:user-id-1");
await send(direct as Address, "a word in private");
tell("direct", { direct });
tell("end", { statuses });

stop.abort();
await started;
await browser.close();
playground.kill();
server.closeAllConnections();
await rm(folder, { recursive: true, force: true });
process.exit(0);
