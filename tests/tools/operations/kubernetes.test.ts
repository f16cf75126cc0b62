import { describe, expect, it } from "vitest";
import { createKubernetesTools } from "../../../src/tools/operations/kubernetes.ts";
import { createToolContext, testTool } from "../../contracts/tool.ts";
import { startService } from "../local-server.ts";

const columns = (...names: readonly (string | readonly [string, number])[]) =>
  names.map((name) =>
    typeof name === "string"
      ? { name, type: "string", priority: 0 }
      : { name: name[0], type: "string", priority: name[1] },
  );
const row = (namespace: string, ...cells: readonly unknown[]) => ({
  cells,
  object: {
    kind: "PartialObjectMetadata",
    apiVersion: "meta.k8s.io/v1",
    metadata: { name: String(cells[0]), namespace },
  },
});
const table = (columnDefinitions: readonly object[], rows: readonly object[] | null, metadata = {}) => ({
  kind: "Table",
  apiVersion: "meta.k8s.io/v1",
  metadata,
  columnDefinitions,
  rows,
});
const pods = table(columns("Name", "Ready", "Status", "Restarts", "Age", ["IP", 1]), [
  row("shop", "web-1", "1/1", "Running", 0, "2d", "10.0.0.1"),
  row("shop", "web-2", "0/1", "CrashLoopBackOff", "7 (2m ago)", "2d", "10.0.0.2"),
]);

/** An API server that answers as kubernetes.io/docs/reference/using-api/api-concepts says, Secrets included. */
const service = startService(({ path, query, headers }) => {
  if (headers.authorization !== "Bearer the-token") return { status: 401, body: { kind: "Status", code: 401 } };
  if (path.includes("secret")) return { body: { kind: "Secret", data: { password: "aHVudGVyMg==" } } };
  if (path === "/k8s/api/v1/namespaces/shop/pods/web-2/log") {
    if (query.get("container") === null)
      return {
        status: 400,
        body: {
          kind: "Status",
          message: "a container name must be specified for pod web-2, choose one of: [app proxy]",
        },
      };
    return { body: query.get("previous") === "true" ? `${"old\n".repeat(6000)}panic: out of rope\n` : "" };
  }
  if (!path.endsWith("/log") && headers.accept !== "application/json;as=Table;v=v1;g=meta.k8s.io")
    return { status: 406, body: {} };
  if (path === "/k8s/api/v1/pods" || path === "/k8s/api/v1/namespaces/shop/pods") return { body: pods };
  if (path === "/k8s/api/v1/namespaces/shop/pods/web-1") return { body: { ...pods, rows: pods.rows!.slice(0, 1) } };
  if (path === "/k8s/api/v1/namespaces/shop/events")
    return {
      body: table(columns("Last Seen", "Type", "Reason", "Object", "Message"), [
        row("shop", "2d3h", "Normal", "Pulled", "pod/web-2", "Image"),
        row("shop", "59s", "Warning", "BackOff", "pod/web-2", "Back-off\nrestarting"),
        row("shop", "3m14s", "Normal", "Created", "pod/web-2", "Made"),
      ]),
    };
  if (path === "/k8s/apis/apps/v1/namespaces/empty/deployments") return { body: table(columns("Name"), null) };
  if (path === "/k8s/api/v1/nodes")
    return {
      body: table(
        columns("Name"),
        Array.from({ length: 500 }, (_, index) => row("", `n${index}`)),
        { continue: "x" },
      ),
    };
  return undefined;
});

const tools = () =>
  createKubernetesTools({
    services: [{ name: "prod", kind: "kubernetes", url: `${service.origin()}/k8s`, token: "the-token" }],
    fetchService: service.fetchService,
    cleanText: String,
  });
const read = async (input: object) => (await tools()[0]!.run(input, createToolContext())).text;
const logs = async (input: object) => (await tools()[1]!.run(input, createToolContext())).text;

const fixed = (text: string) =>
  createKubernetesTools({
    services: [{ name: "prod", kind: "kubernetes", url: "https://example.org" }],
    fetchService: () => Promise.resolve({ status: 200, headers: {}, url: "", body: Buffer.from(text) }),
    cleanText: String,
  });
testTool("kubernetes_read", {
  create: () => fixed(JSON.stringify(pods))[0]!,
  good: [{ kind: "pods" }, { kind: "pods", namespace: "shop", name: "web-1" }, { kind: "nodes", name: "n1" }],
  refused: [
    { kind: "pods", name: "web-1" },
    { kind: "pods", namespace: "../secrets" },
  ],
});
testTool("kubernetes_logs", {
  create: () => fixed("x".repeat(100_000))[1]!,
  good: [{ namespace: "shop", pod: "web-1" }],
  refused: [{ namespace: "shop", pod: "web-1/../../secrets" }],
});

describe("kubernetes_read", () => {
  it("shows what kubectl would: of all namespaces, of one, of one object with more columns", async () => {
    expect(await read({ kind: "pods", labels: "app=web" })).toBe(
      "Namespace | Name | Ready | Status | Restarts | Age\nshop | web-1 | 1/1 | Running | 0 | 2d\nshop | web-2 | 0/1 | CrashLoopBackOff | 7 (2m ago) | 2d",
    );
    expect(service.last().query.get("labelSelector")).toBe("app=web");
    expect((await read({ kind: "pods", namespace: "shop" })).split("\n")[0]).toBe(
      "Name | Ready | Status | Restarts | Age",
    );
    expect(await read({ kind: "pods", namespace: "shop", name: "web-1" })).toBe(
      "Name | Ready | Status | Restarts | Age | IP\nweb-1 | 1/1 | Running | 0 | 2d | 10.0.0.1",
    );
  });

  it("shows events the latest first, and those of one object", async () => {
    const text = await read({ kind: "events", namespace: "shop", name: "web-2" });
    expect(text.split("\n").map((line) => line.split(" | ")[0])).toEqual(["Last Seen", "59s", "3m14s", "2d3h"]);
    expect(text).toContain("Back-off restarting");
    expect(service.last().query.get("fieldSelector")).toBe("involvedObject.name=web-2");
  });

  it("says when there is nothing, and when there is more", async () => {
    expect(await read({ kind: "deployments", namespace: "empty" })).toBe("There are none.");
    const nodes = (await read({ kind: "nodes" })).split("\n");
    expect(nodes).toHaveLength(62);
    expect(nodes.at(-1)).toBe("[440 more; name a namespace or labels]");
  });

  it("reaches no Secret and no map of configuration, whatever it is asked", async () => {
    const before = service.seen.length;
    for (const kind of ["secrets", "Secret", "secret", "configmaps", "pods/../secrets"])
      await expect(read({ kind, namespace: "shop" }), kind).rejects.toMatchObject({ code: "bad-input" });
    for (const name of ["../secrets/db", "..", "web-1/log", "web-1?x", "%2e%2e", "a\n", "Web"])
      for (const input of [{ namespace: "shop", name }, { namespace: name }])
        await expect(read({ kind: "pods", ...input }), name).rejects.toMatchObject({ code: "bad-input" });
    expect(service.seen).toHaveLength(before);
  });
});

describe("kubernetes_logs", () => {
  it("shows the end of a log, and that it is empty", async () => {
    const text = await logs({ namespace: "shop", pod: "web-2", container: "app", previous: true, lines: 500 });
    expect(text).toMatch(/^\[earlier lines left out\]\n.*panic: out of rope$/s);
    expect(service.last().query.get("tailLines")).toBe("500");
    expect(await logs({ namespace: "shop", pod: "web-2", container: "app" })).toBe("(The log is empty.)");
  });

  it("tells why a log cannot be shown, and of which pods there is none", async () => {
    expect(await logs({ namespace: "shop", pod: "web-2" })).toContain("choose one of: [app proxy]");
    await expect(logs({ namespace: "shop", pod: "web-9" })).rejects.toMatchObject({ code: "not-found" });
  });
});
