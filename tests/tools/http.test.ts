import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { EgressFetch } from "../../src/core/egress.ts";
import { AppError } from "../../src/core/errors.ts";
import { createEgress } from "../../src/safety/egress.ts";
import { createHttpGet, createHttpSend } from "../../src/tools/web/http-request.ts";
import { createWebSearch, isSearchService } from "../../src/tools/web/web-search.ts";
import { createToolContext, testTool } from "../contracts/tool.ts";

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

let server: Server;
let origin = "";
const seen: Seen[] = [];

/** What the search services send, in the shape that their documentation shows. */
const answers: Readonly<Record<string, object>> = {
  "/search?q=rope&format=json": {
    query: "rope",
    number_of_results: 0,
    results: [
      { url: "https://example.org/rope", title: "Rope", content: "All about\n rope", engine: "x", score: 1.5 },
      { url: "https://example.org/two", title: "Two", content: "Second" },
    ],
    answers: [],
  },
  "/res/v1/web/search?q=rope&count=1&text_decorations=false": {
    type: "search",
    web: { type: "search", results: [{ title: "Rope", url: "https://example.org/rope", description: "About rope" }] },
  },
  "/tavily/search": {
    query: "rope",
    answer: null,
    results: [{ title: "Rope", url: "https://example.org/rope", content: "About rope", score: 0.9, raw_content: null }],
    response_time: "1.2",
  },
};

beforeAll(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { method = "", url = "", headers } = request;
      seen.push({ method, url, headers, body: Buffer.concat(chunks).toString() });
      const answer = answers[url];
      if (url === "/elsewhere") response.writeHead(302, { location: "http://localhost:1/steal" }).end();
      else if (url === "/empty/search?q=rope&format=json") response.end(JSON.stringify({ results: [] }));
      else if (url.startsWith("/html")) response.end("<html>not JSON</html>");
      else if (answer === undefined)
        response
          .writeHead(url === "/missing" ? 404 : 200, { "content-type": "application/json", "x-own": "1" })
          .end('{"ok":true}');
      else response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

const egress = (allowPrivateHosts: readonly string[]): EgressFetch =>
  createEgress({ allowPrivateHosts, record: () => undefined, now: () => 0 });
/** The server counts as a service; for everything else it is a private address. */
const options = () => ({
  fetch: egress([]),
  fetchService: egress(["127.0.0.1"]),
  services: [
    { name: "tickets", kind: "http", url: `${origin}/api/`, token: "the-token" },
    { name: "old", kind: "http", url: `${origin}/old`, user: "ada", token: "pw" },
    { name: "shop", kind: "postgres", url: `${origin}/db`, token: "never" },
  ],
  cleanText: (text: string) => text,
});
const get = async (input: object) => (await createHttpGet(options()).run(input, createToolContext())).text;
const send = async (input: object) => (await createHttpSend(options()).run(input, createToolContext())).text;
const last = () => seen.at(-1)!;

const anywhere: EgressFetch = () =>
  Promise.resolve({
    status: 200,
    headers: { "content-type": "text/plain" },
    body: Buffer.from("x".repeat(50_000)),
    url: "",
  });
const never: EgressFetch = (_url, { signal }) =>
  new Promise((_resolve, reject) =>
    signal?.addEventListener("abort", () => reject(new AppError("aborted", "The request was stopped."))),
  );
const loose = { fetch: anywhere, fetchService: anywhere, services: [], cleanText: String };
testTool("http_get", {
  create: () => createHttpGet(loose),
  good: [
    { url: "https://example.org/" },
    { url: "https://example.org/", headers: ["Accept: text/plain"], maxChars: 20_000 },
  ],
  refused: [{ url: "https://example.org/", headers: ["Cookie: a=b"] }],
  waiting: { create: () => createHttpGet({ ...loose, fetch: never }), input: { url: "https://example.org/" } },
});
testTool("http_send", {
  create: () => createHttpSend(loose),
  good: [{ method: "POST", url: "https://example.org/a_b", body: "one\ntwo" }],
  refused: [{ method: "DELETE", url: "https://example.org/", headers: ["no colon"] }],
  waiting: {
    create: () => createHttpSend({ ...loose, fetch: never }),
    input: { method: "POST", url: "https://example.org/" },
  },
});

describe("http_get", () => {
  it("gives status, some headers and the body", async () => {
    expect(await get({ url: `${origin}/api/1`, headers: ["accept: application/json"] })).toBe(
      'status 200\ncontent-type: application/json\n\n{"ok":true}',
    );
    expect(last()).toMatchObject({ method: "GET", url: "/api/1", headers: { accept: "application/json" } });
    expect(await get({ url: `${origin}/api/1`, head: true })).toContain("status 200");
    expect(last().method).toBe("HEAD");
  });

  it("reaches private hosts only as configured services, and their tokens only below their address", async () => {
    const before = seen.length;
    for (const path of ["/", "/apis", "/api-2/x", "/api/../secret", "/api/%2e%2e%2fsecret", "/db"])
      await expect(get({ url: origin + path }), path).rejects.toMatchObject({ code: "egress-refused" });
    await expect(get({ url: `http://user@${origin.slice(7)}/api/` })).rejects.toMatchObject({ code: "egress-refused" });
    expect(seen).toHaveLength(before);
    await get({ url: `${origin}/api` });
    expect(last().headers.authorization).toBe("Bearer the-token");
    await get({ url: `${origin}/old/x` });
    expect(last().headers.authorization).toBe(`Basic ${Buffer.from("ada:pw").toString("base64")}`);
  });

  it("takes no secret from the model, under no name", async () => {
    for (const name of [
      "Authorization",
      "cookie",
      "X-Api-Key",
      "Proxy-Authorization",
      "Host",
      "Idempotency-Key",
      "X-Forwarded-For",
    ])
      await expect(get({ url: `${origin}/api/`, headers: [`${name}: x`] }), name).rejects.toMatchObject({
        code: "forbidden",
      });
    await expect(get({ url: `${origin}/api/`, headers: ["accept: a\r\nauthorization: b"] })).rejects.toMatchObject({
      code: "bad-input",
    });
  });
});

describe("http_send", () => {
  it("sends body, type and the call's idempotency key", async () => {
    await send({ method: "PUT", url: `${origin}/api/1`, body: '{"a":1}' });
    expect(last()).toMatchObject({
      method: "PUT",
      body: '{"a":1}',
      headers: { "content-type": "application/json", "idempotency-key": "key-1", authorization: "Bearer the-token" },
    });
    await send({ method: "DELETE", url: `${origin}/api/1` });
    expect(last()).toMatchObject({ method: "DELETE", body: "", headers: { "idempotency-key": "key-1" } });
  });

  it("shows the whole request on the card, and whose token goes with it", () => {
    const card = createHttpSend(options()).describe?.({ method: "POST", url: `${origin}/api/1`, body: "x\u202e" });
    expect(card).toBe(
      `Send this request with the token of the service tickets:\n\n\`\`\`\nPOST ${origin}/api/1\n\nx⟨U+202E⟩\n\`\`\``,
    );
    expect(card).not.toContain("the-token");
  });
});

describe("web_search", () => {
  const service = (kind: string, path = "", token?: string) => ({
    name: "search",
    kind,
    url: origin + path,
    ...(token === undefined ? {} : { token }),
  });
  const search = (kind: string, path?: string, token?: string) =>
    createWebSearch({ service: service(kind, path, token), fetchService: egress(["127.0.0.1"]), cleanText: String });
  const found = async (tool: ReturnType<typeof search>, input: object) => tool.run(input, createToolContext());

  testTool("web_search", {
    create: () =>
      createWebSearch({
        service: { name: "s", kind: "searxng", url: "https://example.org/" },
        fetchService: () =>
          Promise.resolve({
            status: 200,
            headers: {},
            url: "",
            body: Buffer.from(
              JSON.stringify({
                results: Array.from({ length: 50 }, () => ({
                  url: "https://example.org/",
                  title: "t".repeat(999),
                  content: "c".repeat(9999),
                })),
              }),
            ),
          }),
        cleanText: String,
      }),
    good: [{ words: "rope" }, { words: "rope", limit: 10 }],
  });

  it("asks SearXNG, Brave and Tavily, each in its own way", async () => {
    const searxng = await found(search("searxng"), { words: "rope" });
    expect(searxng).toEqual({
      text: "Rope\nhttps://example.org/rope\nAll about rope\n\nTwo\nhttps://example.org/two\nSecond",
      isOutside: true,
    });
    const brave = await found(search("brave", "", "brave-token"), { words: "rope", limit: 1 });
    expect(brave.text).toBe("Rope\nhttps://example.org/rope\nAbout rope");
    expect(last().headers["x-subscription-token"]).toBe("brave-token");
    const tavily = await found(search("tavily", "/tavily/", "tavily-token"), { words: "rope", limit: 3 });
    expect(tavily.text).toBe(brave.text);
    expect(last()).toMatchObject({
      method: "POST",
      body: '{"query":"rope","max_results":3}',
      headers: { authorization: "Bearer tavily-token" },
    });
  });

  it("says when there is nothing, and when the service is set up wrongly", async () => {
    expect((await found(search("searxng", "/empty"), { words: "rope" })).text).toBe("Nothing was found.");
    await expect(found(search("searxng", "/html"), { words: "rope" })).rejects.toMatchObject({
      code: "tool-failed",
      hint: expect.stringContaining("formats"),
    });
    expect(["searxng", "brave", "tavily", "http", "constructor"].map((kind) => isSearchService(service(kind)))).toEqual(
      [true, true, true, false, false],
    );
  });
});
