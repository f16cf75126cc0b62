import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createDownloadOpener } from "../../../src/models/files/open-download.ts";
import { classifyAddress } from "../../../src/safety/public-address.ts";
import { startFileServer, type FileServer } from "./file-server.ts";

const signal = new AbortController().signal;
let server: FileServer;
beforeEach(async () => {
  server = await startFileServer();
});
afterEach(() => server.close());

/** Answers of a name server, in turn; the last one holds on. */
function opener(addresses: Readonly<Record<string, readonly string[]>> = {}, allowedHosts: readonly string[] = []) {
  const asked: string[] = [];
  const open = createDownloadOpener({
    allowedHosts,
    classifyAddress,
    resolve: async (host) => {
      asked.push(host);
      return addresses[host] ?? [];
    },
  });
  return { open: (url: string) => open(url, { signal }), asked };
}

describe("the way out for models", () => {
  it("is closed for everything that is not global unicast, before anything is connected to", async () => {
    const { open } = opener({
      "lan.example.org": ["192.168.1.2"],
      "mixed.example.org": ["93.184.216.34", "10.0.0.1"],
      "meta.example.org": ["169.254.169.254"],
      "mapped.example.org": ["::ffff:127.0.0.1"],
    });
    for (const url of [
      "https://127.0.0.1/x.gguf",
      "https://[::1]/x.gguf",
      "https://lan.example.org/x.gguf",
      "https://mixed.example.org/x.gguf",
      "https://meta.example.org/x.gguf",
      "https://mapped.example.org/x.gguf",
      "https://93.184.216.34:8443/x.gguf",
      "https://user:word@93.184.216.34/x.gguf",
      "http://93.184.216.34/x.gguf",
      "ftp://93.184.216.34/x.gguf",
    ])
      await expect(open(url), url).rejects.toMatchObject({ code: "egress-refused" });
    expect(server.requests).toEqual([]);
  });

  it("opens a private host that is allowed by name, plain http on this machine only", async () => {
    server.put("/x", "hello");
    const named = opener({ "mirror.lan": ["127.0.0.1"], "other.lan": ["10.0.0.1"] }, ["mirror.lan", "other.lan"]);
    const answer = await named.open(`http://mirror.lan:${server.host.split(":")[1]}/x`);
    answer.body.destroy();
    expect(answer.status).toBe(200);
    await expect(named.open("http://other.lan/x")).rejects.toMatchObject({ code: "egress-refused" });
    const meta = opener({ "meta.lan": ["169.254.169.254"] }, ["meta.lan"]);
    await expect(meta.open("https://meta.lan/x")).rejects.toMatchObject({ code: "egress-refused" });
  });

  it("checks each redirect anew and follows a few only", async () => {
    const { open } = opener({ "lan.example.org": ["10.0.0.1"] }, [server.host]);
    server.spoil("/inside", { kind: "redirect", to: "https://lan.example.org/x" });
    await expect(open(`${server.url}/inside`)).rejects.toMatchObject({ code: "egress-refused" });
    server.spoil("/loop", ...Array.from({ length: 20 }, () => ({ kind: "redirect", to: "/loop" }) as const));
    await expect(open(`${server.url}/loop`)).rejects.toMatchObject({ code: "egress-refused" });
    expect(server.requests.filter(({ path }) => path === "/loop")).toHaveLength(9);
  });

  it("says that trying again may help where a name is not known", async () => {
    await expect(opener().open("https://nowhere.example.org/x")).rejects.toMatchObject({
      code: "unreachable",
      retryAfterMs: expect.any(Number),
    });
  });
});
