import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { createServer as createTlsServer } from "node:tls";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import type { EgressRequest } from "../../src/core/egress.ts";
import type { EgressRecord } from "../../src/core/records.ts";
import { createEgress, type EgressOptions } from "../../src/safety/egress.ts";
import type { Hop } from "../../src/safety/egress-connect.ts";
import { classifyAddress } from "../../src/safety/public-address.ts";

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function serve(listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

function createLedger() {
  const rows: EgressRecord[] = [];
  return { rows, record: (row: EgressRecord) => void rows.push(row) };
}

function create(options: Partial<EgressOptions> = {}) {
  const ledger = createLedger();
  const egress = createEgress({
    allowPrivateHosts: ["127.0.0.1", "app.test"],
    record: ledger.record,
    now: () => 7,
    resolve: () => Promise.resolve(["127.0.0.1"]),
    ...options,
  });
  return {
    rows: ledger.rows,
    fetch: (url: string, request: Partial<EgressRequest> = {}) => egress(url, { turnId: "t1", ...request }),
  };
}

/** Answers every hop from a table instead of the network. */
function createFakeSend(answers: Record<string, { status: number; headers?: Record<string, string> }> = {}) {
  const hops: Hop[] = [];
  const send = (hop: Hop) => {
    hops.push(hop);
    const answer = answers[hop.url.href] ?? { status: 200 };
    return Promise.resolve({
      status: answer.status,
      headers: answer.headers ?? {},
      body: Buffer.from("ok"),
      url: hop.url.href,
    });
  };
  return { hops, send };
}

const textOf = (body: Uint8Array) => Buffer.from(body).toString();

describe("an allowed request", () => {
  it("sends method, headers and body, and reads the answer", async () => {
    const port = await serve((request, response) => {
      request.setEncoding("utf8");
      let body = "";
      request.on("data", (chunk: string) => (body += chunk));
      request.on("end", () =>
        response
          .setHeader("X-Seen", request.headers.host ?? "")
          .end(`${request.method} ${String(request.headers["x-key"])} ${body}`),
      );
    });
    const { fetch, rows } = create();
    const response = await fetch(`http://app.test:${port}/a?q=1#f`, {
      method: "POST",
      headers: { "X-Key": "k" },
      body: "hello",
    });
    expect(textOf(response.body)).toBe("POST k hello");
    expect(response.status).toBe(200);
    expect(response.headers["x-seen"]).toBe(`app.test:${port}`); // pinned, yet the name is kept
    expect(rows).toEqual([
      {
        url: `http://app.test:${port}/a`,
        address: "127.0.0.1",
        outcome: "allowed",
        reason: "allowed by name",
        turnId: "t1",
      },
    ]);
  });

  it.each([
    ["gzip", gzipSync],
    ["br", brotliCompressSync],
    ["deflate", deflateSync],
    ["deflate", deflateRawSync],
  ] as const)("unpacks %s", async (encoding, pack) => {
    const port = await serve((_request, response) =>
      response.setHeader("content-encoding", encoding).end(pack("words ".repeat(100))),
    );
    const response = await create().fetch(`http://127.0.0.1:${port}/`);
    expect(textOf(response.body)).toBe("words ".repeat(100));
  });

  it("gives an answer of any status, and none of a HEAD's body", async () => {
    const port = await serve((_request, response) =>
      response.writeHead(404, { "content-length": 9_999_999, "content-encoding": "gzip" }).end(),
    );
    const response = await create().fetch(`http://127.0.0.1:${port}/`, { method: "HEAD" });
    expect(response.status).toBe(404);
    expect(response.body).toHaveLength(0);
  });
});

describe("limits", () => {
  it("stops reading beyond the size cap, announced or not", async () => {
    const announced = await serve((_request, response) =>
      response.setHeader("content-length", 5000).end("x".repeat(5000)),
    );
    let written = 0;
    const endless = await serve((_request, response) => {
      const timer = setInterval(() => {
        written += 1000;
        response.write("x".repeat(1000));
      }, 1);
      response.on("close", () => clearInterval(timer));
    });
    const { fetch } = create();
    await expect(fetch(`http://127.0.0.1:${announced}/`, { maxBytes: 4999 })).rejects.toMatchObject({
      code: "too-large",
    });
    await expect(fetch(`http://127.0.0.1:${endless}/`, { maxBytes: 4999 })).rejects.toMatchObject({
      code: "too-large",
    });
    expect(written).toBeLessThan(100_000);
  });

  it.each([
    ["gzip", gzipSync],
    ["br", brotliCompressSync],
  ] as const)("a small %s answer cannot unfold beyond the cap", async (encoding, pack) => {
    const bomb = pack(Buffer.alloc(20_000_000));
    expect(bomb.length).toBeLessThan(100_000);
    const port = await serve((_request, response) => response.setHeader("content-encoding", encoding).end(bomb));
    await expect(create().fetch(`http://127.0.0.1:${port}/`, { maxBytes: 100_000 })).rejects.toMatchObject({
      code: "too-large",
    });
  });

  it("refuses an encoding it did not ask for, and damaged data", async () => {
    const strange = await serve((_request, response) => response.setHeader("content-encoding", "gzip, gzip").end("x"));
    const damaged = await serve((_request, response) => response.setHeader("content-encoding", "gzip").end("not gzip"));
    await expect(create().fetch(`http://127.0.0.1:${strange}/`)).rejects.toMatchObject({
      code: "unsupported",
    });
    await expect(create().fetch(`http://127.0.0.1:${damaged}/`)).rejects.toMatchObject({
      code: "unsupported",
    });
  });

  it("times out while resolving, waiting and reading; stops when told", async () => {
    const silent = await serve(() => undefined);
    const halting = await serve((_request, response) => void response.write("x"));
    await expect(
      create({ resolve: () => new Promise(() => undefined) }).fetch("http://app.test/", {
        timeoutMs: 30,
      }),
    ).rejects.toMatchObject({ code: "timeout" });
    for (const port of [silent, halting]) {
      await expect(create().fetch(`http://127.0.0.1:${port}/`, { timeoutMs: 50 })).rejects.toMatchObject({
        code: "timeout",
      });
      const controller = new AbortController();
      const pending = create().fetch(`http://127.0.0.1:${port}/`, { signal: controller.signal });
      setTimeout(() => controller.abort(), 20);
      await expect(pending).rejects.toMatchObject({ code: "aborted" });
    }
  });

  it("tells a request that never left from one that may have arrived", async () => {
    const port = await serve((request) => request.socket.destroy());
    const closed = await serve(() => undefined);
    closers.pop()?.();
    const { fetch } = create();
    await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toMatchObject({
      code: "unreachable",
      retryAfterMs: 5000,
    });
    await expect(fetch(`http://127.0.0.1:${port}/`, { method: "POST", body: "x" })).rejects.toMatchObject({
      code: "send-uncertain",
    });
    await expect(fetch(`http://127.0.0.1:${closed}/`, { method: "POST", body: "x" })).rejects.toMatchObject({
      code: "unreachable",
    });
  });
});

describe("what is refused", () => {
  const refused = [
    "file:///etc/passwd",
    "ftp://example.org/",
    "data:text/plain,x",
    "http://ada:secret@example.org/",
    "http://ada@example.org/",
    "http://localhost/",
    "http://LOCALHOST./",
    "http://a.localhost/",
    "http://printer.local/",
    "http://metadata.google.internal/",
    "http://example.org:22/",
    "http://example.org:8080/",
    "http://10.0.0.1/",
    "http://127.0.0.1/",
    "http://127.1/",
    "http://2130706433/",
    "http://134744072/", // 8.8.8.8
    "http://0x08.8.8.8/",
    "http://0177.0.0.1/",
    "http://①②⑦.0.0.1/",
    "http://169.254.169.254/latest/meta-data/",
    "http://0.0.0.0/",
    "http://[::]/",
    "http://[::1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:8.8.8.8]/",
    "http://[fe80::1]/",
    "http://[fd00::1]/",
    "http://[64:ff9b::a00:1]/",
    "http://[2002:a00:1::]/",
    "http://100.64.0.1/",
    "http://224.0.0.1/",
  ];

  it.each(refused)("%s", async (url) => {
    const { hops, send } = createFakeSend();
    const { fetch, rows } = create({
      allowPrivateHosts: [],
      send,
      resolve: () => Promise.resolve(["93.184.216.34"]),
    });
    await expect(fetch(url)).rejects.toMatchObject({
      code: "egress-refused",
      hint: expect.any(String),
    });
    expect(hops).toHaveLength(0);
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({ outcome: "refused", turnId: "t1" });
    expect(rows[0]?.url).not.toMatch(/secret|ada[@:]/);
  });

  it("a host that the caller does not allow, also behind a redirect", async () => {
    const { hops, send } = createFakeSend({
      "https://a.example.org/": { status: 302, headers: { location: "https://B.example.org./x" } },
    });
    const { fetch, rows } = create({ send, resolve: () => Promise.resolve(["93.184.216.34"]) });
    const asked: string[] = [];
    const isHostAllowed = (host: string) => asked.push(host) > 0 && host === "a.example.org";
    await expect(fetch("https://a.example.org/", { isHostAllowed })).rejects.toMatchObject({ code: "egress-refused" });
    expect(asked).toEqual(["a.example.org", "b.example.org"]);
    expect(hops).toHaveLength(1);
    expect(rows.map(({ outcome }) => outcome)).toEqual(["allowed", "refused"]);
  });

  it("a name with one private address among public ones", async () => {
    const { hops, send } = createFakeSend();
    const { fetch, rows } = create({
      send,
      resolve: () => Promise.resolve(["93.184.216.34", "10.0.0.1"]),
    });
    await expect(fetch("http://example.org/")).rejects.toMatchObject({ code: "egress-refused" });
    expect(hops).toHaveLength(0);
    expect(rows[0]?.address).toBe("93.184.216.34 10.0.0.1");
  });

  it("cloud metadata even behind a host that is allowed by name", async () => {
    const { hops, send } = createFakeSend();
    const { fetch } = create({ send, resolve: () => Promise.resolve(["169.254.169.254"]) });
    await expect(fetch("http://app.test/")).rejects.toMatchObject({ code: "egress-refused" });
    expect(hops).toHaveLength(0);
  });

  it("another port of a host that is allowed with its port", async () => {
    const { send } = createFakeSend();
    const { fetch } = create({ send, allowPrivateHosts: ["app.test:8080"] });
    await expect(fetch("http://app.test:8080/")).resolves.toMatchObject({ status: 200 });
    await expect(fetch("http://app.test:8081/")).rejects.toMatchObject({ code: "egress-refused" });
  });

  it.each(["Host", "Transfer-Encoding", "content-length", "connection", "Proxy-Authorization"])(
    "a caller's own %s header",
    async (name) => {
      const { hops, send } = createFakeSend();
      await expect(create({ send }).fetch("http://app.test/", { headers: { [name]: "x" } })).rejects.toMatchObject({
        code: "bad-input",
      });
      await expect(create({ send }).fetch("http://app.test/", { headers: { a: "x\r\nb: c" } })).rejects.toMatchObject({
        code: "bad-input",
      });
      expect(hops).toHaveLength(0);
    },
  );

  it("everything while the ledger cannot be written", async () => {
    const { hops, send } = createFakeSend();
    const { fetch } = create({ send, record: () => Promise.reject(new Error("disk full")) });
    await expect(fetch("http://app.test/")).rejects.toThrow("disk full");
    expect(hops).toHaveLength(0);
  });
});

describe("pinning", () => {
  it("asks the resolver once, and connects to that answer though the next would be private", async () => {
    const answers = [["93.184.216.34"], ["127.0.0.1"]];
    let lookups = 0;
    const { hops, send } = createFakeSend();
    const { fetch } = create({
      allowPrivateHosts: [],
      send,
      resolve: () => Promise.resolve(answers[lookups++] ?? []),
    });
    await fetch("http://rebind.example.org/");
    expect(lookups).toBe(1);
    expect(hops[0]?.addresses).toEqual(["93.184.216.34"]);
    await expect(fetch("http://rebind.example.org/")).rejects.toMatchObject({
      code: "egress-refused",
    });
  });

  it("holds on a real socket: a name that only our resolver knows is reached", async () => {
    const port = await serve((_request, response) => response.end("first"));
    const answers = [["127.0.0.1"], ["127.0.0.9"]];
    let lookups = 0;
    const { fetch } = create({ resolve: () => Promise.resolve(answers[lookups++] ?? []) });
    expect(textOf((await fetch(`http://app.test:${port}/`)).body)).toBe("first");
    expect(lookups).toBe(1);
  });
});

describe("TLS", () => {
  it("is asked for by name on the pinned address, and an unproven server is not talked to", async () => {
    const names: string[] = [];
    const server = createTlsServer({
      SNICallback(name, done) {
        names.push(name);
        done(new Error("no certificate here"));
      },
    });
    server.on("tlsClientError", () => undefined);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    closers.push(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const sent = create().fetch(`https://app.test:${port}/`, { method: "POST", body: "x" });
    await expect(sent).rejects.toMatchObject({ code: "unreachable" });
    expect(names).toEqual(["app.test"]);
  });
});

describe("redirects", () => {
  const publicly = { allowPrivateHosts: [], resolve: () => Promise.resolve(["93.184.216.34"]) };
  const to = (location: string, status = 302) => ({ status, headers: { location } });

  it("are followed, each checked and with a ledger row", async () => {
    const { hops, send } = createFakeSend({
      "http://a.example.org/": to("/b"),
      "http://a.example.org/b": to("https://b.example.org/c?d"),
    });
    const { fetch, rows } = create({ ...publicly, send });
    const response = await fetch("http://a.example.org/", {
      headers: { authorization: "Bearer x", cookie: "y", "x-api-key": "z", accept: "text/html" },
    });
    expect(response.url).toBe("https://b.example.org/c?d");
    expect(rows.map((row) => row.url)).toEqual([
      "http://a.example.org/",
      "http://a.example.org/b",
      "https://b.example.org/c",
    ]);
    expect(hops[1]?.headers["authorization"]).toBe("Bearer x");
    expect(Object.keys(hops[2]?.headers ?? {}).toSorted()).toEqual(["accept", "user-agent"]);
  });

  it.each([
    "http://169.254.169.254/",
    "http://[::1]/",
    "file:///etc/passwd",
    "//localhost/",
    "http://u:p@a.example.org/",
  ])("to %s are refused", async (location) => {
    const { hops, send } = createFakeSend({ "http://a.example.org/": to(location) });
    const { fetch, rows } = create({ ...publicly, send });
    await expect(fetch("http://a.example.org/")).rejects.toMatchObject({ code: "egress-refused" });
    expect(hops).toHaveLength(1);
    expect(rows.map((row) => row.outcome)).toEqual(["allowed", "refused"]);
  });

  it("are the answer for a caller that follows them itself", async () => {
    const { hops, send } = createFakeSend({ "http://a.example.org/": to("http://169.254.169.254/") });
    const response = await create({ ...publicly, send }).fetch("http://a.example.org/", { followRedirects: false });
    expect(response).toMatchObject({ status: 302, headers: { location: "http://169.254.169.254/" } });
    expect(hops).toHaveLength(1);
  });

  it("end after five", async () => {
    const { hops, send } = createFakeSend({ "http://a.example.org/": to("/") });
    await expect(create({ ...publicly, send }).fetch("http://a.example.org/")).rejects.toMatchObject({
      code: "egress-refused",
    });
    expect(hops).toHaveLength(6);
  });

  it.each([
    [301, "GET"],
    [302, "GET"],
    [303, "GET"],
    [307, "POST"],
    [308, "POST"],
  ] as const)("%i turns a POST into %s", async (status, method) => {
    const { hops, send } = createFakeSend({ "http://a.example.org/": to("/b", status) });
    await create({ ...publicly, send }).fetch("http://a.example.org/", {
      method: "POST",
      body: "x",
      headers: { "content-type": "text/plain" },
    });
    expect(hops[1]).toMatchObject({ method, body: method === "GET" ? undefined : "x" });
    expect("content-type" in (hops[1]?.headers ?? {})).toBe(method === "POST");
  });

  it("carry no body to another host", async () => {
    const { hops, send } = createFakeSend({
      "http://a.example.org/": to("http://b.example.org/", 307),
    });
    await expect(
      create({ ...publicly, send }).fetch("http://a.example.org/", { method: "POST", body: "x" }),
    ).rejects.toMatchObject({ code: "egress-refused" });
    expect(hops).toHaveLength(1);
  });
});

describe("whatever URL and whatever the resolver says", () => {
  const host = fc.oneof(
    fc.ipV4(),
    fc.ipV4Extended(),
    fc.ipV6().map((address) => `[${address}]`),
    fc.ipV4().map((address) => `[::ffff:${address}]`),
    fc.domain(),
    fc.constantFrom(
      "localhost",
      "127.0.0.1",
      "app.test",
      "0",
      "0x7f000001",
      "127。0。0。1",
      "[::1%25lo]",
      "%31%32%37.0.0.1",
    ),
    fc.string({ maxLength: 12 }),
  );
  const address = fc.oneof(
    fc.ipV4(),
    fc.ipV6(),
    fc.constantFrom("127.0.0.1", "10.0.0.1", "::1", "169.254.169.254", "93.184.216.34"),
    fc.string({ maxLength: 5 }),
  );
  const url = fc.tuple(
    fc.constantFrom("http://", "https://", "HTTP:\\\\", "http:", "http://a@"),
    host,
    fc.constantFrom("", ":80", ":8080", "/", "@10.0.0.1/", "#@b/"),
  );

  it("no address that is not public is ever connected to", async () => {
    let connections = 0;
    await fc.assert(
      fc.asyncProperty(
        url,
        fc.array(address, { maxLength: 3 }),
        fc.array(url, { maxLength: 3 }),
        async (start, found, hopsTo) => {
          const locations = hopsTo.map((one) => one.join(""));
          const { fetch, rows } = create({
            allowPrivateHosts: [],
            resolve: () => Promise.resolve(found),
            send: (hop) => {
              connections += 1;
              expect(hop.addresses.length).toBeGreaterThan(0);
              for (const one of hop.addresses) expect(classifyAddress(one)).toBe("public");
              const location = locations.shift();
              return Promise.resolve({
                status: location === undefined ? 200 : 302,
                headers: location === undefined ? {} : { location },
                body: Buffer.alloc(0),
                url: hop.url.href,
              });
            },
          });
          await fetch(start.join("")).catch((error: unknown) => {
            expect(error).toMatchObject({
              code: expect.stringMatching(/^(egress-refused|bad-input|unreachable)$/),
            });
          });
          expect(rows.length).toBeGreaterThan(0);
        },
      ),
      { numRuns: 2000 },
    );
    expect(connections).toBeGreaterThan(50); // the property is not empty
  });
});
