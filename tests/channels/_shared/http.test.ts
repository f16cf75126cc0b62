import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { afterEach, describe, expect, it } from "vitest";
import { callHttp, parseRetryAfter, postJson, readBody, type CallOptions } from "../../../channels/_shared/http.ts";
import { AppError } from "../../../src/core/errors.ts";

const servers: Server[] = [];

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

const send: Omit<CallOptions, "body" | "method"> = { service: "Example", effect: "send" };

describe("readBody", () => {
  it("stops reading at the limit, even when Content-Length lies or is missing", async () => {
    let pulled = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        pulled += 1;
        controller.enqueue(new Uint8Array(1_000));
      },
    });
    const request = new Request("http://127.0.0.1/", { method: "POST", body, duplex: "half" });
    await expect(readBody(request, 10_000)).rejects.toMatchObject({ code: "too-large" });
    expect(pulled).toBeLessThan(20);
  });

  it("gives the bytes of a body within the limit", async () => {
    const request = new Request("http://127.0.0.1/", { method: "POST", body: "grüße" });
    expect((await readBody(request, 100)).toString()).toBe("grüße");
    expect((await readBody(new Request("http://127.0.0.1/"), 100)).length).toBe(0);
  });
});

describe("postJson", () => {
  it("resolves with the parsed answer", async () => {
    const url = await serve((request, response) => void request.pipe(response));
    expect(await postJson(url, { a: 1 }, send)).toEqual({ a: 1 });
  });

  it.each([
    [429, { "retry-after": "3" }, "rate-limited", 3_000],
    [500, {}, "unreachable", 1_000],
    [503, { "retry-after": "2" }, "unreachable", 2_000],
    [504, {}, "send-uncertain", undefined],
    [400, {}, "send-rejected", undefined],
    [401, {}, "send-rejected", undefined],
  ])("translates %i", async (status, headers, code, retryAfterMs) => {
    const url = await serve((_request, response) => response.writeHead(status, headers).end('{"why":"because"}'));
    const pickReason = (body: unknown): string => (body as { why: string }).why;
    await expect(postJson(url, {}, { ...send, describe: pickReason })).rejects.toMatchObject({
      code,
      retryAfterMs,
      message: `Example answered ${status}: because.`,
    });
  });

  it("knows a refused connection as certainly not sent", async () => {
    const url = await serve(() => undefined);
    await new Promise((resolve) => servers.pop()?.close(resolve));
    await expect(postJson(url, {}, send)).rejects.toMatchObject({
      code: "unreachable",
      retryAfterMs: 1_000,
    });
  });

  it("knows an unknown host as certainly not sent", async () => {
    await expect(postJson("http://nowhere.invalid/", {}, send)).rejects.toMatchObject({
      code: "unreachable",
    });
  });

  it("calls a send that was cut off, or ran out of time, or whose answer broke, uncertain", async () => {
    const cut = await serve((request) => request.resume().on("end", () => request.socket.destroy()));
    await expect(postJson(cut, {}, send)).rejects.toMatchObject({
      code: "send-uncertain",
      retryAfterMs: undefined,
    });
    const hang = await serve(() => undefined);
    await expect(postJson(hang, {}, { ...send, timeoutMs: 50 })).rejects.toMatchObject({
      code: "send-uncertain",
    });
    const half = await serve((_request, response) => {
      response.writeHead(200, { "content-length": "100" }).write("{");
      setTimeout(() => response.destroy(), 20);
    });
    await expect(postJson(half, {}, send)).rejects.toMatchObject({ code: "send-uncertain" });
  });

  it("ends a call whose answer stops half-way", async () => {
    const stalled = await serve(
      (_request, response) => void response.writeHead(200, { "content-length": "100" }).write("{"),
    );
    await expect(postJson(stalled, {}, { ...send, timeoutMs: 60 })).rejects.toMatchObject({
      code: "send-uncertain",
    });
    await expect(postJson(stalled, {}, { ...send, signal: AbortSignal.timeout(60) })).rejects.toMatchObject({
      code: "send-uncertain",
    });
  });

  it("sends forms and streams", async () => {
    const url = await serve((request, response) => {
      response.setHeader("x-type", request.headers["content-type"] ?? "");
      request.pipe(response);
    });
    const form = new FormData();
    form.set("file", new Blob(["bytes"]), "a.txt");
    const answer = await callHttp(url, { ...send, body: form });
    expect(answer.headers.get("X-Type")).toMatch(/^multipart\/form-data; boundary=/);
    expect(answer.body.toString()).toContain('filename="a.txt"');
    const streamed = await callHttp(url, {
      ...send,
      body: Readable.from([Buffer.from("a"), Buffer.from("b")]),
    });
    expect(streamed.body.toString()).toBe("ab");
  });

  it("passes on what the streamed body says", async () => {
    const url = await serve((request, response) => void request.pipe(response));
    const body = Readable.from(
      (async function* () {
        yield Buffer.from("a");
        throw new AppError("not-found", "The file is gone.");
      })(),
    );
    await expect(callHttp(url, { ...send, body })).rejects.toMatchObject({ code: "not-found" });
  });

  it("tells no part of the address", async () => {
    await expect(postJson("not a url", {}, send)).rejects.toMatchObject({ code: "config-invalid" });
    await expect(postJson("http://127.0.0.1:1/bot-secret/x", {}, send)).rejects.toSatisfy(
      (error: Error) => !error.message.includes("secret"),
    );
  });

  it("lets a read that was cut off be tried again, and tells an abort apart", async () => {
    const hang = await serve(() => undefined);
    await expect(postJson(hang, {}, { service: "Example", effect: "read", timeoutMs: 50 })).rejects.toMatchObject({
      code: "unreachable",
      retryAfterMs: 1_000,
    });
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 20);
    await expect(postJson(hang, {}, { service: "Example", effect: "read", signal: stop.signal })).rejects.toMatchObject(
      { code: "aborted" },
    );
    await expect(postJson(hang, {}, { ...send, signal: stop.signal })).rejects.toMatchObject({
      code: "aborted",
    });
  });

  it("bounds the answer", async () => {
    const url = await serve((_request, response) => response.end("x".repeat(5_000)));
    await expect(postJson(url, {}, { service: "Example", effect: "read", maxBytes: 1_000 })).rejects.toMatchObject({
      code: "too-large",
    });
  });
});

describe("parseRetryAfter", () => {
  it("reads seconds and dates", () => {
    expect(parseRetryAfter("1.5", 0)).toBe(1_500);
    expect(parseRetryAfter("Thu, 01 Jan 1970 00:00:10 GMT", 4_000)).toBe(6_000);
    expect(parseRetryAfter("soon", 0)).toBeUndefined();
    expect(parseRetryAfter(null, 0)).toBeUndefined();
  });
});
