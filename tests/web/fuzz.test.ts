import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connect } from "node:net";
import { WebSocket } from "ws";
import { startTestApp, type TestApp } from "../doubles/test-app.ts";

let app: TestApp;
beforeAll(
  async () =>
    void (app = await startTestApp(
      "channels: { web: { platform: webchat }, hook: { platform: webhook, token: a-long-enough-token, access: open } }",
    )),
);
afterAll(async () => {
  expect(app.errors).toEqual([]);
  await app.close();
});

const segment = fc.oneof(
  fc.constantFrom(
    "api",
    "session",
    "v1",
    "models",
    "chat",
    "completions",
    "web",
    "hook",
    "hooks",
    "socket",
    "files",
    "health",
    "live",
    "ready",
    "metrics",
    "assets",
    "..",
    ".",
    "%2e%2e",
    "%2f",
    "%00",
    "%E0%A4%A",
    "%",
    "",
    "constructor",
    "__proto__",
    "index.html",
    "parlance.yaml",
    "*",
    "'",
    '"',
    "<script>",
  ),
  fc.string({ maxLength: 12 }),
  fc.string({ unit: "binary", maxLength: 6 }).map((text) => encodeURIComponent(text.toWellFormed())),
);
const path = fc
  .tuple(fc.array(segment, { maxLength: 6 }), fc.option(fc.string({ maxLength: 20 })))
  // What an HTTP client would not send at all is tried below, as raw bytes.
  .map(([parts, query]) =>
    `/${parts.join("/")}${query === null ? "" : `?${query}`}`.replaceAll(/[^\u0021-\u007e]/g, "~"),
  );
const known = fc.constantFrom(
  "/api/session",
  "/v1/chat/completions",
  "/v1/models",
  "/hooks/hook",
  "/chat/web/files",
  "/chat/web/socket",
  "/health/ready",
  "/metrics",
  "/",
);
const method = fc.constantFrom("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "PROPFIND");
const token = fc.constantFrom("a-long-enough-token", "", "x", "\u00ff", "a".repeat(500));
const headers = fc
  .record(
    {
      authorization: fc.oneof(
        token.map((value) => `Bearer ${value}`),
        fc.constantFrom("Basic x", "Bearer", ""),
      ),
      cookie: fc.oneof(
        token.map((value) => `parlance_session=${value}`),
        fc.constantFrom("=;=;", "parlance_session=9e99.x", "parlance_session"),
      ),
      "content-type": fc.constantFrom(
        "application/json",
        "text/plain",
        "multipart/form-data",
        "multipart/form-data; boundary=x",
        ";;",
      ),
      "content-encoding": fc.constantFrom("gzip", "br", "identity"),
      "if-none-match": fc.constantFrom("*", '"x"', "W/"),
      range: fc.constantFrom("bytes=0-", "bytes=-1", "x"),
      upgrade: fc.constantFrom("h2c", "x"),
      "x-parlance-signature": fc.constantFrom("x", "sha256=00"),
      "sec-fetch-site": fc.constantFrom("same-origin", "none", "cross-site", "x"),
      accept: fc.constantFrom("*/*", "text/html", ""),
    },
    { requiredKeys: [] },
  )
  .map((all) => all as Record<string, string>);
const message = fc.record(
  {
    role: fc.constantFrom("system", "user", "assistant", "tool", "king"),
    content: fc.oneof(fc.string({ unit: "binary" }), fc.constant(null), fc.array(fc.jsonValue({ maxDepth: 2 }))),
    tool_call_id: fc.string(),
    tool_calls: fc.jsonValue({ maxDepth: 3 }),
  },
  { requiredKeys: ["role"] },
);
const body = fc.oneof(
  fc.uint8Array({ maxLength: 200 }),
  fc.json({ maxDepth: 3 }),
  fc
    .record(
      {
        model: fc.oneof(fc.constantFrom("quiet", "default", "persona:general"), fc.string()),
        messages: fc.array(message, { maxLength: 4 }),
        stream: fc.oneof(fc.boolean(), fc.jsonValue({ maxDepth: 1 })),
        tools: fc.jsonValue({ maxDepth: 4 }),
        temperature: fc.double(),
        max_tokens: fc.double(),
      },
      { requiredKeys: [] },
    )
    .map((value) => JSON.stringify(value)),
  fc
    .record(
      {
        id: fc.string(),
        text: fc.string(),
        from: fc.jsonValue({ maxDepth: 2 }),
        chat: fc.jsonValue({ maxDepth: 2 }),
        token: fc.jsonValue({ maxDepth: 2 }),
      },
      { requiredKeys: [] },
    )
    .map((value) => JSON.stringify(value)),
  fc.constant(undefined),
);

describe("whatever is sent to it, the server", () => {
  it("never answers 500, and stays up", async () => {
    const statuses = new Map<number, number>();
    await fc.assert(
      fc.asyncProperty(method, fc.oneof(path, known), headers, body, async (verb, place, head, bytes) => {
        const { upgrade, ...plain } = head;
        const upgrading = upgrade === undefined ? {} : { upgrade, connection: "upgrade" };
        const answer = await app
          .call(place, {
            method: verb,
            headers: { ...plain, ...upgrading },
            ...(bytes === undefined || verb === "HEAD" ? {} : { body: bytes }),
          })
          .catch((error: unknown) => {
            // A refused upgrade or a client that cannot send this itself.
            if (upgrade === undefined && !/Invalid|must/.test(String(error))) throw error;
            return undefined;
          });
        if (answer === undefined) return;
        statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
        expect(answer.status, `${verb} ${place}`).not.toBe(500);
      }),
      { numRuns: 700 },
    );
    expect((await app.call("/health/live")).status).toBe(200);
    expect([...statuses.keys()]).toEqual(expect.arrayContaining([200, 404]));
  }, 60_000);

  it("survives bytes that are no HTTP", async () => {
    const line = fc.oneof(
      fc.string({ unit: "binary", maxLength: 60 }),
      fc.constantFrom(
        "GET / HTTP/1.1",
        "GET /%00 HTTP/1.1",
        "POST /api/session HTTP/1.1",
        "host: localhost",
        "host:",
        "host: a b",
        "content-length: -1",
        "content-length: 9e9",
        "content-length: 5",
        "transfer-encoding: chunked",
        "ffffffff",
        "",
        "upgrade: websocket",
        "connection: upgrade",
        "sec-websocket-key: x",
        "sec-websocket-version: 13",
        "{",
        "GET /chat/%E0%A4%A/socket HTTP/1.1",
        "GET /chat/web/socket HTTP/1.1",
        "GET http://x/ HTTP/1.1",
        "GET * HTTP/1.1",
      ),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 8 }), async (lines) => {
        const answer = await new Promise<string>((resolve) => {
          let text = "";
          const socket = connect(app.port, "127.0.0.1", () => socket.end(lines.join("\r\n") + "\r\n\r\n"));
          socket.setTimeout(1_000, () => socket.destroy());
          socket.on("data", (chunk) => (text += String(chunk)));
          socket.on("error", () => undefined);
          socket.on("close", () => resolve(text));
        });
        expect(answer).not.toMatch(/^HTTP\/1\.1 500/m);
      }),
      { numRuns: 150 },
    );
    expect((await app.call("/health/live")).status).toBe(200);
  }, 60_000);

  it("survives frames that are no frames of ours", async () => {
    const frame = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.json({ maxDepth: 3 }),
      fc
        .record(
          {
            type: fc.constantFrom("open", "earlier", "message", "stop", "ping", "x"),
            chat: fc.oneof(fc.uuid(), fc.jsonValue({ maxDepth: 1 })),
            id: fc.oneof(fc.uuid(), fc.jsonValue({ maxDepth: 1 })),
            text: fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("/help", "/stop", "hi")),
            limit: fc.oneof(fc.integer(), fc.double(), fc.constant(10)),
            beforeAt: fc.oneof(fc.integer(), fc.double(), fc.constant(1e300)),
            attachments: fc.oneof(fc.constant([]), fc.array(fc.jsonValue({ maxDepth: 1 }))),
          },
          { requiredKeys: ["type"] },
        )
        .map((value) => JSON.stringify(value)),
      fc.uint8Array({ maxLength: 20 }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(frame, { maxLength: 6 }), async (frames) => {
        const socket = new WebSocket(`ws://127.0.0.1:${app.port}/chat/web/socket`);
        await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
        socket.on("error", () => undefined);
        for (const each of frames) socket.send(each);
        await new Promise((resolve) => setTimeout(resolve, 3));
        socket.terminate();
      }),
      { numRuns: 80 },
    );
    expect((await app.call("/health/ready")).status).toBe(200);
  }, 60_000);
});
