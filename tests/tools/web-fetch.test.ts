import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import type { EgressFetch, EgressRequest } from "../../src/core/egress.ts";
import { AppError } from "../../src/core/errors.ts";
import { createDocumentReader } from "../../src/documents/index.ts";
import { createWebFetch } from "../../src/tools/web/web-fetch.ts";
import { createToolContext, testTool } from "../contracts/tool.ts";

const page = `<!doctype html><html><head><title>A &amp; B</title><style>p{color:red}</style></head><body>
<nav><a href="/">Home</a></nav><!-- <p>hidden</p> --><h1>Hello</h1><p>One<br>two &lt;three&gt;
four</p><script>if (a<b) document.write("<p>bad</p>")</script><ul><li>x</li><li>y</li></ul>
<table><tr><td>1</td><td>2</td></tr></table>end</body></html>`;

function create(
  answer: {
    readonly status?: number;
    readonly headers?: Record<string, string>;
    readonly body?: string | Uint8Array;
  } = {},
) {
  const requests: { readonly url: string; readonly request: EgressRequest }[] = [];
  const fetch: EgressFetch = (url, request) => {
    requests.push({ url, request });
    const { status = 200, headers = { "content-type": "text/html; charset=utf-8" }, body = page } = answer;
    return Promise.resolve({ status, headers, body: Buffer.from(body), url });
  };
  return {
    requests,
    tool: createWebFetch({
      fetch,
      readDocument: createDocumentReader(),
      cleanText: (text) => text.replaceAll("\u200b", ""),
    }),
  };
}

const never: EgressFetch = (_url, { signal }) =>
  new Promise((_resolve, reject) =>
    signal?.addEventListener("abort", () => reject(new AppError("aborted", "The request was stopped."))),
  );

const input = { url: "https://example.org/" };

testTool("web_fetch", {
  create: () => create({ body: `<p>${"word ".repeat(20_000)}` }).tool,
  good: [input, { ...input, maxChars: 20_000 }],
  waiting: {
    create: () => createWebFetch({ fetch: never, readDocument: createDocumentReader(), cleanText: String }),
    input,
  },
});

const run = (tool: ReturnType<typeof create>["tool"], change: object = {}) =>
  tool.run({ ...input, ...change }, createToolContext());

describe("web_fetch", () => {
  it("reads a page through the dispatcher and marks it as text from outside", async () => {
    const { tool, requests } = create();
    const output = await run(tool);
    expect(output).toEqual({
      text: "A & B\n\nHello\nOne\ntwo <three>\nfour\n- x\n- y\n1 2\nend",
      isOutside: true,
    });
    expect(requests).toHaveLength(1);
    expect(requests[0]?.request).toMatchObject({
      turnId: "turn-1",
      signal: expect.any(AbortSignal),
      maxBytes: 8_388_608,
    });
  });

  it("reads of an article what it says, and documents", async () => {
    const sentence = "Ropes are made of hemp, of nylon, or of steel, and each has its use on a ship. ";
    const article = `<html><head><title>On ropes</title></head><body><div class="menu">Shop now</div><article>${`<p>${sentence.repeat(4)}</p>`.repeat(6)}</article><footer>All rights</footer></body></html>`;
    const { text } = await run(create({ body: article }).tool);
    expect(text).toMatch(/^On ropes\n\nRopes are made/);
    expect(text).not.toMatch(/Shop now|All rights/);
    const pdf = await readFile(new URL("../fixtures/documents/letter.pdf", import.meta.url));
    const document = create({ headers: { "content-type": "application/pdf" }, body: pdf });
    expect((await run(document.tool)).text).toContain("The night shift starts at 22:00");
  });

  it("cuts to maxChars and says how much is missing", async () => {
    const { tool } = create({ headers: { "content-type": "text/plain" }, body: "😀".repeat(400) });
    const { text } = await run(tool, { maxChars: 201 });
    expect(text).toBe(`${"😀".repeat(100)}\n[599 more characters]`);
  });

  it("reads other charsets and takes out what is not seen", async () => {
    const latin = create({
      headers: { "content-type": "text/plain; charset=ISO-8859-1" },
      body: Uint8Array.of(0x66, 0xfc, 0x72),
    });
    expect((await run(latin.tool)).text).toBe("für");
    const meta = create({
      headers: { "content-type": "text/html" },
      body: Buffer.from(`<meta charset="windows-1252"><p>f\xfcr`, "latin1"),
    });
    expect((await run(meta.tool)).text).toBe("für");
    expect((await run(create({ body: "a\u200bb" }).tool)).text).toBe("ab");
  });

  it("refuses what is no text, and statuses of failure", async () => {
    const picture = create({
      headers: { "content-type": "image/png" },
      body: Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0, 0),
    });
    await expect(run(picture.tool)).rejects.toMatchObject({
      code: "unsupported",
    });
    await expect(run(create({ status: 404 }).tool)).rejects.toMatchObject({
      code: "tool-failed",
      retryAfterMs: undefined,
    });
    await expect(run(create({ status: 429, headers: { "retry-after": "7" } }).tool)).rejects.toMatchObject({
      retryAfterMs: 7000,
    });
  });
});
