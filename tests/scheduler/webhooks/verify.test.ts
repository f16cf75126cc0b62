import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { webhookKinds, type WebhookKind } from "../../../src/core/workflow-trigger.ts";
import { verifyWebhook } from "../../../src/scheduler/webhooks/verify.ts";
import * as send from "./sign.ts";

const now = Date.parse("2026-11-26T18:00:00Z");
const minuteMs = 60_000;
const bodyOf = (text: string): Uint8Array => new TextEncoder().encode(text);

function verify(kind: WebhookKind, { headers, body }: send.Delivery, at = now, secret = send.secret) {
  return verifyWebhook({ kind, secret, headers: new Headers(headers), body, now: at });
}
const withHeaders = (delivery: send.Delivery, headers: Record<string, string>): send.Delivery => ({
  ...delivery,
  headers: { ...delivery.headers, ...headers },
});
const without = (delivery: send.Delivery, name: string): send.Delivery => ({
  ...delivery,
  headers: Object.fromEntries(Object.entries(delivery.headers).filter(([key]) => key !== name)),
});

interface Scheme {
  readonly name: string;
  readonly kind: WebhookKind;
  readonly secret: string;
  readonly proofHeader: string;
  readonly event: string;
  /** Absent where the scheme has no time. */
  readonly isTimed?: true;
  /** Absent where the proof does not cover the body. */
  readonly isSigned?: true;
  readonly send: (key: string, at: number, body?: Uint8Array) => send.Delivery;
}
const { secret, standardSecret } = send;
const otherStandardSecret = `whsec_${Buffer.from("fedcba9876543210fedcba9876543210").toString("base64")}`;
const signed = { secret, isSigned: true } as const;
const timed = { ...signed, isTimed: true } as const;
const standard = { ...timed, secret: standardSecret, proofHeader: "webhook-signature" } as const;
const schemes: readonly Scheme[] = [
  {
    ...signed,
    name: "GitHub",
    kind: "github",
    proofHeader: "x-hub-signature-256",
    event: "github.pull_request.opened",
    send: (key, _, body) => send.sendGithub(body, "pull_request", key),
  },
  {
    name: "GitLab, secret token",
    kind: "gitlab",
    secret,
    proofHeader: "x-gitlab-token",
    event: "gitlab.merge_request.open",
    send: (key, _, body) => send.sendGitlab(body, key),
  },
  {
    ...standard,
    name: "GitLab, signing token",
    kind: "gitlab",
    event: "gitlab.merge_request.open",
    send: (key, at, body) => send.sendStandard(at, body, key),
  },
  {
    ...timed,
    name: "Stripe",
    kind: "stripe",
    proofHeader: "stripe-signature",
    event: "stripe.invoice.paid",
    send: (key, at, body) => send.sendStripe(at, body, key),
  },
  {
    name: "Alertmanager",
    kind: "alertmanager",
    secret,
    proofHeader: "authorization",
    event: "alertmanager.firing",
    send: (key, _, body) => send.sendAlertmanager(body, key),
  },
  {
    ...signed,
    name: "Grafana",
    kind: "grafana",
    proofHeader: "x-grafana-alerting-signature",
    event: "grafana.resolved",
    send: (key, _, body) => send.sendGrafana(undefined, body, key),
  },
  {
    ...timed,
    name: "Grafana with the time",
    kind: "grafana",
    proofHeader: "x-grafana-alerting-signature",
    event: "grafana.resolved",
    send: (key, at, body) => send.sendGrafana(at, body, key),
  },
  {
    ...timed,
    name: "plain HMAC",
    kind: "hmac",
    proofHeader: "x-parlance-signature",
    event: "hmac.door.opened",
    send: (key, at, body) => send.sendPlain(at, body, key),
  },
  {
    ...standard,
    name: "Standard Webhooks",
    kind: "hmac",
    event: "hmac.received",
    send: (key, at, body) => send.sendStandard(at, body, key),
  },
  {
    name: "bearer",
    kind: "bearer",
    secret,
    proofHeader: "authorization",
    event: "bearer.door.opened",
    send: (key, _, body) => send.sendBearer(body, key),
  },
];

describe.each(schemes)("$name", (scheme) => {
  const { kind, proofHeader } = scheme;
  const delivery = scheme.send(scheme.secret, now);
  const check = (given: send.Delivery, at = now) => verify(kind, given, at, scheme.secret);
  const refused = { ok: false, reason: expect.any(String) };

  it("takes what the sender wrote", () => {
    expect(check(delivery)).toEqual({
      ok: true,
      deliveryId: expect.stringMatching(new RegExp(`^${kind}:[0-9a-f]{64}$`)),
      event: scheme.event,
      payload: JSON.parse(Buffer.from(delivery.body).toString()),
    });
  });

  it("refuses another secret", () => {
    const other = scheme.secret === secret ? "another-secret" : otherStandardSecret;
    expect(check(scheme.send(other, now))).toEqual({ ok: false, reason: "wrong" });
  });

  it("refuses a missing proof", () => {
    expect(check(without(delivery, proofHeader))).toEqual({ ok: false, reason: "unsigned" });
  });

  it("refuses a proof that was cut or changed anywhere", () => {
    const proof = delivery.headers[proofHeader]!;
    for (let length = 0; length < proof.length; length += 1) {
      // Stripe's old scheme stands last in its header: without it the header is complete.
      if (proof.slice(length).startsWith(",v0=") || (proof.includes(",v0=") && length > proof.indexOf(",v0=")))
        continue;
      expect(check(withHeaders(delivery, { [proofHeader]: proof.slice(0, length) })), `cut at ${length}`).toEqual(
        refused,
      );
    }
    const end = proof.includes(",v0=") ? proof.indexOf(",v0=") : proof.length;
    const changed = `${proof.slice(0, end - 3)}${proof[end - 3] === "A" || proof[end - 3] === "a" ? "b" : "a"}${proof.slice(end - 2)}`;
    expect(check(withHeaders(delivery, { [proofHeader]: changed }))).toEqual({ ok: false, reason: "wrong" });
  });

  it("knows a delivery again, and no other by its name", () => {
    const id = (given: send.Delivery) => {
      const verdict = check(given);
      return verdict.ok ? verdict.deliveryId : verdict.reason;
    };
    expect(id(scheme.send(scheme.secret, now))).toBe(id(delivery));
    // By the id that is sent where one is, which these have in common.
    if (proofHeader === "x-gitlab-token" || proofHeader === "webhook-signature") return;
    expect(id(scheme.send(scheme.secret, now, bodyOf('{"other":true}')))).not.toBe(id(delivery));
  });

  it("refuses without a secret of ours", () => {
    expect(verify(kind, scheme.send(scheme.secret, now), now, "")).toEqual({ ok: false, reason: "no-secret" });
  });

  it("parses nothing that is not proven", () => {
    const broken = bodyOf("{ not json");
    expect(check({ ...without(delivery, proofHeader), body: broken })).toEqual({ ok: false, reason: "unsigned" });
    const verdict = check(scheme.send(scheme.secret, now, broken));
    expect(verdict).toMatchObject(
      kind === "hmac" || kind === "bearer" ? { ok: true, payload: "{ not json" } : { ok: false, reason: "malformed" },
    );
  });
});

describe("a signed body that was cut or changed is refused", () => {
  it.each(schemes.filter(({ isSigned }) => isSigned))("of $name", (scheme) => {
    const delivery = scheme.send(scheme.secret, now);
    const { body } = delivery;
    const changed = Uint8Array.from(body, (byte, n) => (n === 20 ? byte ^ 1 : byte));
    for (const other of [
      body.slice(0, -1),
      body.slice(1),
      changed,
      new Uint8Array(),
      Buffer.concat([body, bodyOf(" ")]),
    ])
      expect(verify(scheme.kind, { ...delivery, body: other }, now, scheme.secret)).toEqual({
        ok: false,
        reason: "wrong",
      });
  });
});

describe("what was signed more than five minutes away is refused", () => {
  it.each(schemes.filter(({ isTimed }) => isTimed))("of $name", (scheme) => {
    const check = (at: number) => verify(scheme.kind, scheme.send(scheme.secret, now), at, scheme.secret);
    for (const away of [-5, 5]) expect(check(now + away * minuteMs)).toMatchObject({ ok: true });
    for (const away of [-5 * minuteMs - 1, 5 * minuteMs + 1, 24 * 60 * minuteMs])
      expect(check(now + away)).toEqual({ ok: false, reason: "old" });
  });
});

describe("a delivery that is sent again", () => {
  const id = (kind: WebhookKind, delivery: send.Delivery, at = now, key = secret) => {
    const verdict = verify(kind, delivery, at, key);
    return verdict.ok ? verdict.deliveryId : verdict.reason;
  };

  it("from GitHub is known with another id in its header", () => {
    const delivery = send.sendGithub();
    expect(id("github", withHeaders(delivery, { "x-github-delivery": "made-up" }))).toBe(id("github", delivery));
  });

  it("from GitLab is known by its key, and is another with another", () => {
    const delivery = send.sendGitlab();
    expect(id("gitlab", withHeaders(delivery, { "idempotency-key": "other" }))).not.toBe(id("gitlab", delivery));
  });

  it("from GitLab cannot change its signed id", () => {
    const delivery = withHeaders(send.sendStandard(now), { "webhook-id": "made-up" });
    expect(id("gitlab", delivery, now, standardSecret)).toBe("wrong");
  });

  it.each([
    ["stripe", (at: number) => send.sendStripe(at)],
    ["grafana", (at: number) => send.sendGrafana(at)],
  ] as const)("from %s is known under a new time and signature", (kind, sendAt) => {
    expect(id(kind, sendAt(now - minuteMs))).toBe(id(kind, sendAt(now)));
  });

  it("as plain HMAC is another at another time", () => {
    expect(id("hmac", send.sendPlain(now - minuteMs))).not.toBe(id("hmac", send.sendPlain(now)));
  });

  it("with a bearer token is known for a while, or by its key", () => {
    const start = Math.ceil(now / (5 * minuteMs)) * 5 * minuteMs;
    const delivery = send.sendBearer();
    expect(id("bearer", delivery, start + 4 * minuteMs)).toBe(id("bearer", delivery, start));
    expect(id("bearer", delivery, start + 5 * minuteMs)).not.toBe(id("bearer", delivery, start));
    const keyed = withHeaders(delivery, { "idempotency-key": "a" });
    expect(id("bearer", keyed, start + 60 * minuteMs)).toBe(id("bearer", keyed, start));
  });
});

describe("what senders may do besides", () => {
  it("Stripe signs with two secrets while one is exchanged", () => {
    const [one, two] = [send.sendStripe(now, undefined, "the-old-one"), send.sendStripe(now)];
    const header = `${one.headers["stripe-signature"]},${two.headers["stripe-signature"]!.split(",")[1]}`;
    const delivery = withHeaders(two, { "stripe-signature": header });
    expect(verify("stripe", delivery)).toMatchObject({ ok: true });
    expect(verify("stripe", delivery, now, "the-old-one")).toMatchObject({ ok: true });
    expect(verify("stripe", delivery, now, "a-third-one")).toEqual({ ok: false, reason: "wrong" });
  });

  it("Stripe's old scheme alone proves nothing", () => {
    const delivery = send.sendStripe(now);
    const header = delivery.headers["stripe-signature"]!.replace("v1=", "v0=");
    expect(verify("stripe", withHeaders(delivery, { "stripe-signature": header }))).toEqual({
      ok: false,
      reason: "malformed",
    });
  });

  it("Standard Webhooks may have several signatures", () => {
    const delivery = send.sendStandard(now);
    const header = `v1,AAAA v1a,BBBB ${delivery.headers["webhook-signature"]}`;
    expect(verify("hmac", withHeaders(delivery, { "webhook-signature": header }), now, standardSecret)).toMatchObject({
      ok: true,
    });
  });

  it("an empty signing token is none", () => {
    expect(verify("gitlab", send.sendStandard(now, undefined, "whsec_"), now, "whsec_")).toEqual({
      ok: false,
      reason: "no-secret",
    });
  });

  it("a right token does not make up for a wrong signature", () => {
    const delivery = withHeaders(send.sendStandard(now, undefined, otherStandardSecret), {
      "x-gitlab-token": standardSecret,
    });
    expect(verify("gitlab", delivery, now, standardSecret)).toEqual({ ok: false, reason: "wrong" });
  });

  it("Grafana's time cannot be left out or changed", () => {
    const delivery = send.sendGrafana(now - 60 * minuteMs);
    expect(verify("grafana", without(delivery, "x-grafana-alerting-timestamp"))).toEqual({
      ok: false,
      reason: "wrong",
    });
    const changed = withHeaders(delivery, { "x-grafana-alerting-timestamp": String(now / 1000) });
    expect(verify("grafana", changed)).toEqual({ ok: false, reason: "wrong" });
  });

  it("GitHub sends forms, too", () => {
    const form = bodyOf(`payload=${encodeURIComponent(Buffer.from(send.readFixture("github-push")).toString())}`);
    const delivery = withHeaders(send.sendGithub(form, "push"), {
      "content-type": "application/x-www-form-urlencoded",
    });
    expect(verify("github", delivery)).toMatchObject({
      ok: true,
      event: "github.push",
      payload: { ref: "refs/heads/main" },
    });
  });

  it.each(["alertmanager", "grafana", "bearer"] as const)("%s logs in with a password", (kind) => {
    const login = (text: string): send.Delivery => ({
      headers: { authorization: `Basic ${Buffer.from(text).toString("base64")}` },
      body: send.readFixture("alertmanager-firing"),
    });
    expect(verify(kind, login(`hooks:${secret}`))).toMatchObject({ ok: true });
    expect(verify(kind, login("hooks:a:b"), now, "hooks:a:b")).toMatchObject({ ok: true });
    expect(verify(kind, login(`${secret}:hooks`))).toEqual({ ok: false, reason: "wrong" });
    expect(verify(kind, login("hooks:"))).toEqual({ ok: false, reason: "wrong" });
  });
});

describe("whatever comes in", () => {
  const names = [
    "authorization",
    "content-type",
    "idempotency-key",
    "stripe-signature",
    "webhook-id",
    "webhook-timestamp",
    "webhook-signature",
    "x-gitlab-event",
    "x-gitlab-token",
    "x-github-event",
    "x-grafana-alerting-signature",
    "x-grafana-alerting-timestamp",
    "x-hub-signature-256",
    "x-parlance-signature",
    "x-parlance-timestamp",
  ];
  const value = fc.oneof(
    fc.string(),
    fc.stringMatching(/^(sha256=|v1=|v1,|t=\d{1,12},v1=|Bearer |Basic )?[0-9a-f]{0,64}$/),
    fc.constantFrom(
      String(now / 1000),
      "application/x-www-form-urlencoded",
      "v1,",
      "t=,v1=",
      "t=1e3,v1=a",
      `Bearer ${secret}`,
      secret,
    ),
  );
  const headers = fc.dictionary(fc.constantFrom(...names), value).map((given) => ({
    get: (name: string) => (Object.hasOwn(given, name) ? given[name]! : null),
  }));
  const body = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.json().map(bodyOf),
    fc.constantFrom("null", "[]", '"x"', '{"__proto__":1}', '{"action":{},"type":[],"status":7}').map(bodyOf),
  );
  const kind = fc.constantFrom(...webhookKinds);

  it("nothing throws, and nothing unsigned is taken", () => {
    fc.assert(
      fc.property(
        kind,
        headers,
        body,
        fc.constantFrom(secret, standardSecret, "", "whsec_"),
        (sender, given, bytes, ours) => {
          const verdict = verifyWebhook({ kind: sender, secret: ours, headers: given, body: bytes, now });
          if (!verdict.ok) return;
          // By luck nobody signs: only what carries the secret itself gets through.
          expect(["gitlab", "alertmanager", "grafana", "bearer"]).toContain(sender);
          expect([given.get("authorization"), given.get("x-gitlab-token")].join(" ")).toContain(ours);
          expect(verdict.event).toMatch(/^[a-z0-9._-]{1,100}$/);
        },
      ),
      { numRuns: 3_000 },
    );
  });

  it("every body that is signed gets an event that may be logged", () => {
    fc.assert(
      fc.property(body, (bytes) => {
        const verdict = verify("hmac", send.sendPlain(now, bytes));
        if (verdict.ok) expect(verdict.event).toMatch(/^hmac\.[a-z0-9._-]{1,95}$/);
        else expect(verdict.reason).toBe("malformed");
      }),
    );
  });
});
