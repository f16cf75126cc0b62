import { request as startRequest } from "node:http";
import { connect } from "node:net";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { createPages } from "../../src/web/pages.ts";
import { startTestApp, type TestApp } from "../doubles/test-app.ts";

const token = "a-long-enough-token";
const bearer = { authorization: `Bearer ${token}` };
let app: TestApp;

/** "open", or the status that refused it. */
function openSocket(path: string, headers: Record<string, string> = {}): Promise<string> {
  return new Promise((resolve) => {
    const socket = new WebSocket(`ws://127.0.0.1:${app.port}${path}`, { headers });
    socket.on("open", () => {
      resolve("open");
      socket.close();
    });
    socket.on("unexpected-response", (_request, response) => {
      resolve(String(response.statusCode));
      response.destroy();
    });
    socket.on("error", () => resolve("error"));
  });
}

/** What comes back for these bytes; "" when the connection is closed without a word. */
function sendRaw(bytes: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = "";
    const socket = connect(app.port, "127.0.0.1", () => socket.write(bytes));
    socket.setTimeout(3_000, () => socket.destroy());
    socket.on("data", (chunk) => {
      answer += String(chunk);
      socket.end();
    });
    socket.on("error", () => undefined);
    socket.on("close", () => resolve(answer));
  });
}

describe("a server on this machine only", () => {
  beforeAll(async () => void (app = await startTestApp("channels: { web: { platform: webchat } }")));
  afterAll(async () => {
    expect(app.errors).toEqual([]);
    await app.close();
  });

  it("answers to its own names only, whatever a foreign name resolves to", async () => {
    const status = async (host: string, path = "/api/session") => (await app.call(path, { headers: { host } })).status;
    for (const host of ["localhost", "127.0.0.1", `localhost:${app.port}`, "[::1]:1", "LOCALHOST"])
      expect(await status(host), host).toBe(200);
    for (const host of ["evil.example.org", "localhost.example.org", "127.0.0.1.example.org", "x@localhost"])
      expect([400, 421], host).toContain(await status(host));
    expect(await status("evil.example.org", "/health/live")).toBe(200);
  });

  it("refuses calls and sockets that come from another site", async () => {
    const status = async (headers: Record<string, string>) => (await app.call("/api/session", { headers })).status;
    const own = `http://127.0.0.1:${app.port}`;
    expect(await status({ origin: own })).toBe(200);
    for (const origin of ["http://evil.example.org", "null", `${own}.example.org`, `http://127.0.0.1:1`])
      expect(await status({ origin }), origin).toBe(403);
    expect(await status({ "sec-fetch-site": "cross-site" })).toBe(403);
    expect(await status({ "sec-fetch-site": "same-origin" })).toBe(200);
    expect(await openSocket("/chat/web/socket", { origin: own })).toBe("open");
    expect(await openSocket("/chat/web/socket")).toBe("open");
    expect(await openSocket("/chat/web/socket", { origin: "http://evil.example.org" })).toBe("403");
    expect(await openSocket("/chat/web/socket", { host: "evil.example.org" })).toBe("421");
  });

  it("says no to sockets for nothing, and outlives names that are no names", async () => {
    for (const path of [
      "/",
      "/chat/none/socket",
      "/chat/%E0%A4%A/socket",
      "/chat/web/socket/x",
      "/api/channels/web/verify",
      "/api/channels/none/verify",
    ])
      expect(await openSocket(path), path).toBe("404");
    expect((await app.call("/health/live")).text).toBe("ok\n");
  });

  it("says whether it is alive and ready, and what it counts", async () => {
    expect((await app.call("/health/ready")).json()).toMatchObject({
      isReady: true,
      checks: { store: { state: "up" }, queue: { state: "up" }, "channel web": { state: "up" } },
    });
    await app.call("/assets/secret-path-name");
    const metrics = await app.call("/metrics");
    expect(metrics.headers["content-type"]).toContain("version=0.0.4");
    expect(metrics.text).toMatch(/parlance_http_requests_total\{route="health",status="2xx"\} \d+/);
    expect(metrics.text).not.toContain("secret-path-name");
    for (const line of metrics.text.trim().split("\n"))
      expect(line).toMatch(/^(# (HELP|TYPE) .+|[a-z_]\w*(\{[^}]*\})? (NaN|[\d.e+-]+))$/);
  });

  it("refuses a body that is too large by its length, without reading it", async () => {
    for (const path of ["/api/session", "/hooks/none", "/v1/chat/completions"]) {
      const answer = await app.call(path, {
        method: "POST",
        headers: { "content-length": String(10 * 1024 * 1024) },
        withoutBody: true,
      });
      expect(answer.status, path).toBe(413);
    }
  });

  it("refuses a body that is too large without saying so, and stops reading", async () => {
    let sent = 0;
    const status = await new Promise((resolve, reject) => {
      const request = startRequest({
        host: "127.0.0.1",
        port: app.port,
        path: "/api/session",
        method: "POST",
        headers: { "transfer-encoding": "chunked" },
        agent: false,
      });
      let isOver = false;
      request.on("response", (response) => {
        isOver = true;
        resolve(response.statusCode);
        request.destroy();
      });
      request.on("error", (error) => (isOver ? undefined : reject(error)));
      const chunk = Buffer.alloc(65_536, "x");
      (function more(): void {
        if (isOver || sent > 200 * chunk.length) return;
        sent += chunk.length;
        request.write(chunk, () => setImmediate(more));
      })();
    });
    expect(status).toBe(413);
    expect(sent).toBeLessThan(200 * 65_536);
    expect((await app.call("/health/live")).status).toBe(200);
  });

  it("says 400 to what is not JSON, or not the JSON it wants", async () => {
    for (const body of ["", "{", "nul", "\u0000", "{'a':1}"])
      expect((await app.call("/api/session", { method: "POST", body })).status, body).toBe(400);
    const odd = [null, [], 1, {}, { token: null }, { token: { toString: 1 } }, { token: [[]] }, { token: "" }];
    for (const body of odd)
      expect(
        (await app.call("/api/session", { method: "POST", body: JSON.stringify(body) })).status,
        JSON.stringify(body),
      ).toBe(401);
  });

  it("answers 400 to what is not HTTP", async () => {
    for (const bytes of [
      "nonsense\r\n\r\n",
      "GET /\r\n\r\n",
      "GET / HTTP/1.1\r\nhost: a b\r\n\r\n",
      "GET / HTTP/1.1\r\n\r\n",
    ])
      expect(await sendRaw(bytes), bytes).toMatch(/^HTTP\/1\.1 4\d\d /);
    expect((await app.call("/health/live")).status).toBe(200);
  });

  it("has nothing under unknown paths and methods", async () => {
    expect((await app.call("/nothing/here")).status).toBe(404);
    expect((await app.call("/api/session", { method: "PATCH" })).status).toBe(404);
    expect((await app.call("/hooks/none", { method: "POST" })).status).toBe(404);
    expect((await app.call("/chat/none/files", { method: "POST" })).status).toBe(404);
    expect((await app.call("/hooks/web", { method: "POST" })).status).toBe(404);
  });
});

describe("a server with a token", () => {
  const start = async () =>
    void (app = await startTestApp(`http: { port: 0, token: ${token} }\nchannels: { web: { platform: webchat } }`));
  afterEach(async () => {
    expect(app.errors).toEqual([]);
    await app.close();
  });
  const signIn = (given: string) => app.call("/api/session", { method: "POST", body: { token: given } });
  const closed = ["/metrics", "/v1/models", "/chat/web/files/x"];

  it("shows nothing without it, and everything with it or the cookie it gives", async () => {
    await start();
    for (const path of closed) expect((await app.call(path)).status, path).toBe(401);
    expect((await app.call("/api/session")).json()).toEqual({ signedIn: false, channels: [] });
    expect((await app.call("/health/ready")).json()).toEqual({ isReady: true });
    expect(await openSocket("/chat/web/socket")).toBe("401");

    const answer = await signIn(token);
    const [cookie = ""] = answer.headers["set-cookie"] ?? [];
    expect(cookie).toMatch(/HttpOnly; SameSite=Strict; Path=\//);
    const signedIn = { cookie: `other=1; ${cookie.split(";")[0]}` };
    for (const headers of [bearer, signedIn]) {
      expect((await app.call("/metrics", { headers })).status).toBe(200);
      expect((await app.call("/api/session", { headers })).json()).toMatchObject({
        signedIn: true,
        channels: [{ name: "web" }],
      });
      expect(await openSocket("/chat/web/socket", headers)).toBe("open");
    }
  });

  it("takes no cookie that it did not give, or not any more", async () => {
    await start();
    const [cookie = ""] = (await signIn(token)).headers["set-cookie"] ?? [];
    const [, expires = "", signature = ""] = /=(\d+)\.([^;]+)/.exec(cookie) ?? [];
    const later = String(Number(expires) + 1);
    const forged = [`${later}.${signature}`, `${expires}.`, `.${signature}`, "", "NaN.x", `${expires}.${signature}x`];
    for (const value of forged) {
      const headers = { cookie: `parlance_session=${value}` };
      expect((await app.call("/metrics", { headers })).status, value).toBe(401);
    }
  });

  it.each([
    ["signing in", async () => (await signIn("wrong")).status],
    ["bearer tokens", async () => (await app.call("/metrics", { headers: { authorization: "Bearer wrong" } })).status],
    [
      "asking for the session",
      async () => {
        const headers = { authorization: "Bearer wrong" };
        const answer = await app.call("/api/session", { headers });
        return answer.status === 200 ? 401 : answer.status;
      },
    ],
    [
      "asking whether it is ready",
      async () => {
        const headers = { authorization: "Bearer wrong" };
        const answer = await app.call("/health/ready", { headers });
        return answer.status === 200 ? 401 : answer.status;
      },
    ],
    ["sockets", async () => Number(await openSocket("/chat/web/socket", { authorization: "Bearer wrong" }))],
  ])("lets nobody guess for long by %s, and keeps out nobody who is in", async (_how, guess) => {
    await start();
    const [cookie = ""] = (await signIn(token)).headers["set-cookie"] ?? [];
    for (let count = 0; count < 12; count += 1) expect([401, 429]).toContain(await guess());
    expect((await signIn(token)).status).toBe(429);
    expect((await app.call("/metrics", { headers: bearer })).status).toBe(429);
    expect(await openSocket("/chat/web/socket", bearer)).toBe("429");
    const headers = { cookie: cookie.split(";")[0] ?? "" };
    expect((await app.call("/metrics", { headers })).status).toBe(200);
    expect(await openSocket("/chat/web/socket", headers)).toBe("open");
  });
});

describe("pages", () => {
  it("come from their folder and nowhere else, with a policy that forbids the rest", async () => {
    const folder = await mkdtemp(join(tmpdir(), "parlance-pages-"));
    await mkdir(join(folder, "dist/assets"), { recursive: true });
    await writeFile(join(folder, "secret.txt"), "secret");
    await writeFile(join(folder, "dist/index.html"), "<p>page");
    await writeFile(join(folder, "dist/assets/a.js"), "1");
    const serve = createPages(join(folder, "dist"));
    const page = await serve("/", undefined);
    expect(await page?.text()).toBe("<p>page");
    expect(page?.headers.get("content-security-policy")).toContain("default-src 'self'");
    expect(page?.headers.get("cache-control")).toBe("no-cache");
    const etag = page?.headers.get("etag") ?? "";
    expect((await serve("/", etag))?.status).toBe(304);
    expect((await serve("/assets/a.js", undefined))?.headers.get("cache-control")).toContain("immutable");
    const outside = [
      "/../secret.txt",
      "/%2e%2e/secret.txt",
      "/..%2fsecret.txt",
      "/assets/../../secret.txt",
      "/%2e%2e%2fsecret.txt",
      "/....//secret.txt",
      "//secret.txt",
      "/..\\secret.txt",
      "/%00",
      "/a%00.js",
      "/%",
      "/assets",
      "/.",
      "/..",
      `/${"a".repeat(5_000)}`,
      join(folder, "secret.txt"),
    ];
    for (const path of outside) expect(await serve(path, undefined), path).toBeUndefined();
    expect((await createPages(join(folder, "none"))("/", undefined))?.status).toBe(503);
    await rm(folder, { recursive: true });
  });
});
