import { Writable } from "node:stream";
import fc from "fast-check";
import { pino } from "pino";
import { describe, expect, it } from "vitest";
import { logRedactPaths, redactSecrets } from "../../src/safety/redact.ts";

// Put together here so that no scanner takes this file for a leak.
const made = {
  openai: "sk-" + "proj-" + "a1B2c3D4e5F6g7H8i9J0",
  anthropic: "sk-" + "ant-api03-" + "a1B2c3D4e5F6g7H8i9J0",
  slack: "xox" + "b-123456789012-abcdefABCDEF",
  slackApp: "xap" + "p-1-A0123456789-abcdef",
  telegram: "123456789" + ":AA" + "HdqTcvCH1vGWJxfSeofSAs0K5PALDsaw",
  github: "ghp" + "_0123456789abcdefghijABCDEFGHIJ012345",
  gitlab: "glpat" + "-abcdefghij0123456789",
  aws: "AKI" + "AIOSFODNN7EXAMPLE",
  google: "AIz" + "aSyA1234567890abcdefghijklmnopqrstuvw",
  jwt: "ey" + "JhbGciOiJIUzI1NiJ9." + "ey" + "JzdWIiOiI0MiJ9.c2lnbmF0dXJl",
  matrix: "syt" + "_YWRh_abcdefghijklmnop_1a2b3c",
};

describe("redactSecrets", () => {
  it.each(Object.entries(made))("finds a token of %s inside a sentence", (_name, token) => {
    expect(redactSecrets(`Failed with ${token}, sorry.`, [])).toBe("Failed with [redacted], sorry.");
  });

  it.each([
    [`https://api.telegram.org/bot${made.telegram}/getMe`, "https://api.telegram.org/bot[redacted]/getMe"],
    ["Authorization: Bearer abcdefgh.ijk", "Authorization: Bearer [redacted]"],
    ["postgres://ada:hunter2hunter@db.example.org/x", "postgres://ada:[redacted]@db.example.org/x"],
    ["https://example.org/a?x=1&access_token=abc#f", "https://example.org/a?x=1&access_token=[redacted]#f"],
    ["https://hooks.slack.com/services/T0/B0/xyz", "https://hooks.slack.com/services/[redacted]"],
    ["-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----.", "[redacted]."],
    ["-----BEGIN PRIVATE KEY-----\ncut off", "[redacted]"],
  ])("cleans %j", (text, clean) => {
    expect(redactSecrets(text, [])).toBe(clean);
  });

  it.each([
    "The task takes 10:30 hours",
    "ask-me-anything about a basic thing",
    "https://example.org/a?b=c",
    "a bearer of news",
  ])("leaves %j alone", (text) => {
    expect(redactSecrets(text, ["abc"])).toBe(text);
  });

  it("leaves no known secret, plain, URL-encoded or in base 64", () => {
    const secret = fc.string({
      minLength: 6,
      maxLength: 40,
      unit: fc.constantFrom(..."abcXYZ019 /+&=%$".split("")),
    });
    fc.assert(
      fc.property(secret, secret, fc.string(), (one, other, around) => {
        const encoded = encodeURIComponent(one);
        const text = `${around}${one}${around} ${other} ${encoded} ${Buffer.from(other).toString("base64")}`;
        const clean = redactSecrets(text, [one, other]);
        for (const form of [one, other, encoded]) {
          if (!around.includes(form) && !"[redacted]".includes(form)) expect(clean).not.toContain(form);
        }
      }),
    );
  });

  it("takes linear time on long hostile text", () => {
    const cost = (length: number) => {
      const text = `${"://".repeat(length)}${"a:".repeat(length)}${"eyJ".repeat(length)}${"-----BEGIN PRIVATE KEY-----".repeat(length / 10)}`;
      const startedAt = performance.now();
      redactSecrets(text, []);
      return performance.now() - startedAt;
    };
    cost(1000);
    const small = Math.max(cost(2000), 0.5);
    expect(cost(16_000) / small).toBeLessThan(64); // 8 times the text; quadratic would be 64 and more
  });
});

describe("logRedactPaths", () => {
  it("hides secrets in what pino writes", () => {
    let written = "";
    const stream = new Writable({
      write(chunk: Buffer, _encoding, done) {
        written += chunk.toString();
        done();
      },
    });
    const log = pino({ redact: [...logRedactPaths] }, stream);
    log.info(
      {
        token: "t0p",
        channel: { token: "t1p", deep: { apiKey: "t2p" } },
        req: { headers: { authorization: "t3p", "set-cookie": "t4p" } },
        name: "kept",
      },
      "x",
    );
    expect(written).not.toMatch(/t\dp/);
    expect(written).toContain("kept");
  });
});
