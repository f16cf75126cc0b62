import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { byHook } from "./hook.ts";
import { bySchedule, play } from "./play.ts";
import { alert, incident, podTable, startServices, table, vector } from "./outside.ts";

const services = startServices();
const at = () => ({ origin: services.origin() });
const prometheus = (answers: Readonly<Record<string, unknown>>) => ({
  "/prometheus/api/v1/query": ({ query }: { query: URLSearchParams }) => {
    const wanted = query.get("query") ?? "";
    const [, body] = Object.entries(answers).find(([part]) => wanted.includes(part)) ?? [];
    return { body: body ?? vector() };
  },
});
const queries = () => services.seen().flatMap(({ query }) => query.get("query") ?? []);
const state = {
  "/prometheus/api/v1/alerts": {
    status: "success",
    data: {
      alerts: [
        { labels: { alertname: "ProbeFailure" }, annotations: {}, state: "firing", activeAt: "2026-01-05T08:30:00Z" },
      ],
    },
  },
  "/prometheus/api/v1/targets": {
    status: "success",
    data: { activeTargets: [{ labels: { job: "shop" }, health: "down", lastError: "refused" }] },
  },
};

describe("alert-triage", () => {
  const fixture = new URL("../fixtures/webhooks/alertmanager-firing.json", import.meta.url);
  const payload = JSON.parse(readFileSync(fixture, "utf8")) as object;
  const routes = () => ({ ...state, "/alertmanager/api/v2/alerts": [alert("ProbeFailure", "shop is down")] });
  const verdict = { urgency: "page", cause: "The shop does not answer.", check: "kubectl get pods" };

  it("begins with Alertmanager's webhook, and calls somebody after a person agreed to the very words", async () => {
    services.serve({
      ...routes(),
      "/v2/enqueue": () => ({ status: 202, body: { status: "success", dedup_key: "x" } }),
    });
    const played = await play("alert-triage", {
      ...at(),
      ...byHook("alert-triage", "", payload),
      answer: () => verdict,
    });
    expect(played.run).toMatchObject({ state: "done", outputs: { urgency: "page", isPaged: true } });
    expect(played.prompts[0]).toContain("An alert fires: ProbeFailure (severity critical)");
    expect(played.prompts[0]).toContain("shop.example.org has been down for over 5m.");
    expect(played.prompts[0]).toContain("Targets: 0 of 1 up");
    expect(played.asked).toEqual([
      expect.stringMatching(/Call whoever is on call.*ProbeFailure: The shop does not answer\./s),
    ]);
    expect(services.sentTo("/v2/enqueue")).toMatchObject([
      { event_action: "trigger", payload: { severity: "critical", source: "https://shop.example.org" } },
    ]);
    expect(played.sent).toEqual([expect.stringMatching(/^owner: \*\*ProbeFailure\*\* needs somebody now\./)]);
  });

  it("calls nobody when the owner says no, and ignores what is resolved", async () => {
    services.serve(routes());
    const hook = byHook("alert-triage", "", payload);
    const played = await play("alert-triage", { ...at(), ...hook, answer: () => verdict, decide: () => "denied" });
    expect(played.run).toMatchObject({ state: "done", outputs: { isPaged: false } });
    expect(services.sentTo("/v2/enqueue")).toEqual([]);
    expect(() => byHook("alert-triage", "", { ...payload, status: "resolved" })).toThrow("starts nothing");
  });

  it("silences what means nothing by the group's labels, and tells of what can wait", async () => {
    const silences = ({ method }: { method: string }) => ({ body: method === "GET" ? [] : { silenceID: "s-1" } });
    services.serve({ ...routes(), "/alertmanager/api/v2/silences": silences });
    const hook = byHook("alert-triage", "", payload);
    const noise = await play("alert-triage", { ...at(), ...hook, answer: () => ({ ...verdict, urgency: "noise" }) });
    expect(noise.asked).toHaveLength(1);
    expect(services.sentTo("/alertmanager/api/v2/silences")).toMatchObject([
      {
        matchers: expect.arrayContaining([
          { name: "alertname", value: "ProbeFailure", isRegex: false, isEqual: true },
          { name: "instance", value: "https://shop.example.org", isRegex: false, isEqual: true },
        ]),
        comment: expect.stringContaining("The shop does not answer."),
      },
    ]);
    const heard = await play("alert-triage", {
      ...at(),
      ...hook,
      answer: () => ({ ...verdict, urgency: "noise" }),
      decide: () => "denied",
    });
    expect(heard.run.state).toBe("done");
    expect(services.sentTo("/alertmanager/api/v2/silences")).toHaveLength(1);
    const look = await play("alert-triage", { ...at(), ...hook, answer: () => ({ ...verdict, urgency: "look" }) });
    expect(look.sent).toEqual([expect.stringContaining("Alert **ProbeFailure** (critical) can wait.")]);
    expect(look.asked).toEqual([]);
  });

  it("leaves it to a person when neither services nor a model answer", async () => {
    services.serve({});
    const played = await play("alert-triage", { ...at(), inputs: { alert: "DiskFull" } });
    expect(played.run.state).toBe("done");
    expect(played.sent).toEqual([
      expect.stringMatching(/^owner: Alert \*\*DiskFull\*\* \(unknown\) could not be judged: /),
    ]);
  });
});

describe("incident-response", () => {
  const plan = {
    title: "Checkout is down",
    severity: "critical",
    steps: ["Roll back", "Watch"],
    update: "Checkout fails since 09:00. Grace rolls back.",
  };
  const answer = (prompt: string) =>
    prompt.startsWith("Somebody reports")
      ? plan
      : prompt.startsWith("The incident")
        ? "It is over."
        : "## Summary\nIt was down.";
  const routes = () => ({
    ...state,
    ...prometheus({ 'code=~"5..': vector([{ job: "shop" }, "12.5"]) }),
    "/prometheus/api/v1/query_range": { status: "success", data: { resultType: "matrix", result: [] } },
    "/kubernetes/api/v1/namespaces/default/pods": podTable(["web-1", "0/1", "CrashLoopBackOff", "7", "2d"]),
    "/v2/enqueue": () => ({ status: 202, body: { status: "success" } }),
  });

  it("goes from the facts over the declared incident to the post-mortem's draft, with a person at each gate", async () => {
    services.serve(routes());
    const played = await play("incident-response", { ...at(), inputs: { what: "Nobody can pay" }, answer });
    expect(played.run).toMatchObject({ state: "done", outputs: { title: "Checkout is down", isPaged: true } });
    expect(played.prompts[0]).toContain('{job="shop"} 12.5');
    expect(played.prompts[0]).toContain("web-1 | 0/1 | CrashLoopBackOff");
    expect(played.asked.map((question) => question.slice(0, 38))).toEqual([
      'Declare an incident "Checkout is down"',
      expect.stringContaining("**"),
      "Tell the team this?\n\nIt is over.",
      expect.stringContaining("**"),
    ]);
    expect(played.sent).toEqual([
      `slack/incidents: **Incident: Checkout is down** (critical)\n\n${plan.update}`,
      "owner: To do, in this order:\n- Roll back\n- Watch",
      "slack/incidents: **Checkout is down**: It is over.",
      expect.stringMatching(/^owner: The post-mortem draft of "Checkout is down" is in post-mortems\/2026-01-05-/),
    ]);
    expect(played.file(String(played.run.outputs?.["draft"]))).toBe("# Checkout is down\n\n## Summary\nIt was down.\n");
    expect(services.sentTo("/v2/enqueue")).toMatchObject([{ payload: { summary: "Checkout is down" } }]);
    expect(played.hours).toBeGreaterThanOrEqual(0.5);
  });

  it("goes on without the services that fail, calls nobody for little, and says only what was agreed to", async () => {
    const events = table(["Last Seen", "Reason"], ["59s", "BackOff"]);
    services.serve({ "/kubernetes/api/v1/namespaces/default/events": events });
    const small = (prompt: string) =>
      prompt.startsWith("Somebody") ? { ...plan, severity: "warning" } : answer(prompt);
    for (const no of ["denied", "ignore"] as const) {
      const played = await play("incident-response", {
        ...at(),
        inputs: { what: "Nobody can pay" },
        answer: small,
        decide: (question) => (question.startsWith("Declare") ? "approved" : no),
      });
      expect(played.prompts[0]).toMatch(/\(no answer\)[\s\S]*not known[\s\S]*59s \| BackOff/);
      expect(played.prompts[1]).toContain("It does not answer.");
      expect(played.run).toMatchObject({ state: "done", outputs: { isPaged: false, draft: "" } });
      // The declaration, the later words, and the file of the post-mortem.
      expect(played.asked).toHaveLength(3);
      expect(played.sent.map((text) => text.split(":")[0])).toEqual(["slack/incidents", "owner"]);
    }
  });

  it("is worked on even when the owner wakes nobody", async () => {
    services.serve(routes());
    const decide = (question: string) => (question.includes("Call whoever") ? "denied" : "approved");
    const played = await play("incident-response", { ...at(), inputs: { what: "Nobody can pay" }, answer, decide });
    expect(played.run).toMatchObject({ state: "done", outputs: { isPaged: false } });
    expect(services.sentTo("/v2/enqueue")).toEqual([]);
    expect(played.sent).toHaveLength(4);
  });

  it("tells nobody anything when it is not declared", async () => {
    services.serve(routes());
    for (const decide of [() => "denied" as const, () => "ignore" as const]) {
      const played = await play("incident-response", { ...at(), inputs: { what: "Nobody can pay" }, answer, decide });
      expect(played.run).toMatchObject({ state: "failed", reason: expect.stringMatching(/^declare: /) });
      expect(played.sent).toEqual([]);
    }
    expect(services.sentTo("/v2/enqueue")).toEqual([]);
  });
});

describe("post-mortem-draft", () => {
  it("has the incident's notes, the course of the metrics and the story, and is kept as a file", async () => {
    services.serve({
      ...state,
      "/pagerduty/incidents/PT4KHLK": { incident: incident() },
      "/pagerduty/incidents/PT4KHLK/notes": {
        notes: [{ id: "n", content: "Rolled back", created_at: "2026-01-05T08:00:00Z", user: { summary: "Grace" } }],
      },
      "/prometheus/api/v1/query_range": {
        status: "success",
        data: { resultType: "matrix", result: [{ metric: { job: "shop" }, values: [[1_767_600_000, "3"]] }] },
      },
    });
    const inputs = { incident: "PT4KHLK", title: "Fire", story: "It smelled.", queries: ["errors"] };
    const played = await play("post-mortem-draft", { ...at(), inputs, answer: () => "## Summary" });
    expect(played.prompts[0]).toMatch(/Rolled back[\s\S]*\{job="shop"\} last 3/);
    expect(played.prompts[0]).toContain("What people say: It smelled.");
    expect(played.asked).toEqual([expect.stringContaining("Write the file")]);
    expect(played.file(String(played.run.outputs?.["path"]))).toBe("# Fire\n\n## Summary\n");
  });
});

describe("post-mortem-draft of what was no incident of PagerDuty's", () => {
  it("asks nobody for its notes, and says what could not be read", async () => {
    services.serve({});
    const played = await play("post-mortem-draft", { ...at(), inputs: { title: "Fire" }, answer: () => "## Summary" });
    expect(played.run.state).toBe("done");
    expect(played.prompts[0]).toMatch(/none are known[\s\S]*Alerts now:\nnot known\s*$/);
    expect(services.asked().filter((line) => line.includes("pagerduty"))).toEqual([]);
    services.serve({});
    const unread = await play("post-mortem-draft", {
      ...at(),
      inputs: { title: "Fire", incident: "PT4KHLK" },
      answer: () => "## Summary",
    });
    expect(unread.run.state).toBe("done");
    expect(services.asked()).toContain("GET /pagerduty/incidents/PT4KHLK");
  });
});

describe("on-call-handover", () => {
  it("is written from incidents, alerts and silences, and posted when the owner agrees", async () => {
    services.serve({
      "/pagerduty/incidents": { incidents: [incident()], more: false },
      "/alertmanager/api/v2/alerts": [alert("DiskFull", "93 % of /var")],
      "/alertmanager/api/v2/silences": [],
    });
    const options = { ...at(), cause: bySchedule, inputs: { notes: "Grace is away." }, answer: () => "Open now: P1" };
    const played = await play("on-call-handover", options);
    expect(services.seen()[0]?.query.getAll("statuses[]")).toEqual(["triggered", "acknowledged", "resolved"]);
    expect(played.prompts[0]).toMatch(/PT4KHLK \[triggered[\s\S]*DiskFull[\s\S]*Silences: 0[\s\S]*Grace is away\./);
    expect(played.sent).toEqual(["slack/on-call: **On-call hand-over, 2026-01-05**\n\nOpen now: P1"]);
    expect(played.asked).toEqual(["Post this hand-over?\n\nOpen now: P1"]);
    for (const decide of [() => "denied" as const, () => "ignore" as const]) {
      const kept = await play("on-call-handover", { ...options, decide });
      expect(kept.run).toMatchObject({ state: "done", outputs: { isPosted: false } });
      expect(kept.sent).toEqual([]);
    }
  });

  it("says so where the alerts cannot be read", async () => {
    services.serve({ "/pagerduty/incidents": { incidents: [incident()], more: false } });
    const played = await play("on-call-handover", { ...at(), answer: () => "Open now: P1" });
    expect(played.run).toMatchObject({ state: "done", outputs: { isPosted: true } });
    expect(played.prompts[0]).toContain("Alertmanager cannot be read.");
  });
});

describe("pod-health", () => {
  const logs = "/kubernetes/api/v1/namespaces/default/pods/web-2/log";
  const routes = {
    "/kubernetes/api/v1/namespaces/default/pods": podTable(
      ["web-1", "1/1", "Running", "0", "2d"],
      ["web-2", "0/1", "CrashLoopBackOff", "7", "2d"],
      ["web-3", "1/2", "Running", "0", "2d"],
      ["job-1", "0/1", "Completed", "0", "1d"],
    ),
    "/kubernetes/api/v1/namespaces/default/events": table(["Last Seen", "Reason"], ["59s", "BackOff"]),
    [logs]: () => ({ body: "panic: out of rope\n" }),
  };

  it("reads the logs of the pods that crash or are not ready, and of no other, and then rests", async () => {
    services.serve(routes);
    const played = await play("pod-health", { ...at(), cause: bySchedule, answer: () => "web-2: no rope." });
    // The one that never ran before has no earlier log: it is asked for the one of now.
    expect(
      services
        .asked()
        .filter((line) => line.endsWith("/log"))
        .toSorted(),
    ).toEqual([logs, logs.replace("web-2", "web-3"), logs.replace("web-2", "web-3")].map((path) => `GET ${path}`));
    expect(played.prompts[0]).toMatch(/59s \| BackOff[\s\S]*panic: out of rope/);
    expect(played.sent).toEqual(["owner: **2 pods are not well in default**\n\nweb-2: no rope."]);
    expect(played.hours).toBeGreaterThanOrEqual(4);
  });

  it("says nothing when all are well", async () => {
    services.serve({
      ...routes,
      "/kubernetes/api/v1/namespaces/default/pods": podTable(["web-1", "1/1", "Running", "0", "2d"]),
    });
    const played = await play("pod-health", at());
    expect(played.run).toMatchObject({ state: "done", outputs: { unwell: 0 } });
    expect(played.sent).toEqual([]);
    expect(services.asked()).toHaveLength(1);
    expect(played.hours).toBe(0);
  });

  it("does without the events and the logs where they cannot be read", async () => {
    const pods = "/kubernetes/api/v1/namespaces/default/pods";
    services.serve({ [pods]: routes[pods] });
    const played = await play("pod-health", { ...at(), answer: () => "web-2 crashes." });
    expect(played.prompts[0]).toMatch(/Events:\nnot known[\s\S]*\(no log\)/);
    expect(played.sent).toHaveLength(1);
  });
});

describe("disk-space", () => {
  it("tells of disks that fill up, without a model, and says nothing where there is room", async () => {
    services.serve(prometheus({ predict_linear: vector([{ mountpoint: "/var" }, "-1000"]) }));
    const played = await play("disk-space", { ...at(), cause: bySchedule });
    expect(queries()).toEqual([
      'predict_linear(node_filesystem_avail_bytes{fstype!~"tmpfs|overlay|squashfs"}[6h], 3 * 86400) < 0',
      expect.stringMatching(
        /^100 \* node_filesystem_avail_bytes\{fstype.*\} \/ node_filesystem_size_bytes\{fstype.*\} < 10$/,
      ),
    ]);
    expect(played.sent).toEqual([expect.stringContaining('{mountpoint="/var"} -1000')]);
    services.serve(prometheus({}));
    expect((await play("disk-space", at())).sent).toEqual([]);
  });
});

describe("error-budget", () => {
  it("works out what is left, and says what that means", async () => {
    services.serve(prometheus({ increase: vector([{}, "99.95"]) }));
    const good = await play("error-budget", { ...at(), cause: bySchedule });
    expect(queries()[0]).toContain('code!~"5.."}[28d])');
    expect(good.sent).toEqual([expect.stringMatching(/Good: 99\.95 % .*\nLeft: 50\.?0* %\. There is room to ship\.$/)]);
    services.serve(prometheus({ increase: vector([{}, "99.5"]) }));
    expect((await play("error-budget", at())).sent).toEqual([expect.stringMatching(/Left: -400.* It is used up/)]);
    const refusal = { status: 400, body: { status: "error", errorType: "bad_data", error: "parse error at char 12" } };
    for (const [routes, reason] of [
      [prometheus({}), "The query has no result."],
      [prometheus({ increase: vector([{}, "NaN"]) }), "{} NaN"],
      [{ "/prometheus/api/v1/query": () => refusal }, "Prometheus did not take the query: parse error at char 12"],
    ] as const) {
      services.serve(routes);
      const unknown = await play("error-budget", at());
      expect(unknown.run.state).toBe("done");
      expect(unknown.sent).toEqual([expect.stringContaining(`It cannot be worked out: ${reason}`)]);
    }
  });
});
