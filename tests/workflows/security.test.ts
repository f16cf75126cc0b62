import { describe, expect, it } from "vitest";
import { bySchedule, play, start } from "./play.ts";
import { startServices, vector } from "./outside.ts";

const services = startServices();
const at = () => ({ origin: services.origin(), cause: bySchedule });
const tuesday = start + 86_400_000;

/** Prometheus that answers a query by a part of it, and with nothing otherwise. */
const prometheus = (answers: Readonly<Record<string, unknown>>) =>
  services.serve({
    "/prometheus/api/v1/query": ({ query }: { query: URLSearchParams }) => {
      const [, body] = Object.entries(answers).find(([part]) => query.get("query")?.includes(part)) ?? [];
      return { body: body ?? vector() };
    },
  });

describe("certificate-expiry", () => {
  const ending = (days: string) => ({ probe_ssl: vector([{ instance: "https://shop.example.org" }, days]) });

  it("tells of certificates with time left on Mondays, of urgent ones every day, and of none without reason", async () => {
    const tells = async (now: number) => (await play("certificate-expiry", { ...at(), now })).sent;
    prometheus({ ...ending("15.5"), "probe_success == 0": vector([{ instance: "https://old.example.org" }, "0"]) });
    expect(await tells(start)).toEqual([
      expect.stringMatching(
        /shop\.example\.org"\} 15\.5[\s\S]*Probes that fail:\n\{instance="https:\/\/old\.example\.org"\} 0$/,
      ),
    ]);
    expect(await tells(tuesday)).toEqual([]);
    prometheus(ending("2.5"));
    expect(await tells(tuesday)).toEqual([expect.stringContaining("2.5")]);
    services.serve({
      "/prometheus/api/v1/query": ({ query }: { query: URLSearchParams }) =>
        query.get("query")?.startsWith("probe_success") === true ? { status: 500 } : { body: ending("2.5").probe_ssl },
    });
    expect(await tells(start)).toEqual([expect.stringMatching(/2\.5\s*$/)]);
    prometheus({});
    expect(await tells(start)).toEqual([]);
  });
});

describe("failed-logins", () => {
  const line = (index: number) =>
    `Jan  5 08:0${index} gate sshd: Failed password for invalid user u${index} from 192.0.2.7`;
  const files = (count: number) => ({
    "logs/auth.txt": `${Array.from({ length: count }, (_, i) => line(i)).join("\n")}\nAccepted\n`,
  });
  const verdict = { isSuspicious: true, summary: "One address tries many names.", sources: ["192.0.2.7"] };

  it("tells of what looks like an attack, by the lines of the logs", async () => {
    const played = await play("failed-logins", { cause: bySchedule, files: files(8), answer: () => verdict });
    expect(played.prompts[0]).toContain("logs/auth.txt:8: Jan  5 08:07 gate sshd: Failed password");
    expect(played.prompts[0]).not.toContain("Accepted");
    expect(played.sent).toEqual([
      "owner: **Somebody may be trying doors**\n\nOne address tries many names.\n\nFrom: 192.0.2.7",
    ]);
  });

  it("says nothing of a few, of none, and of people who mistype", async () => {
    for (const few of [files(4), { "logs/auth.txt": "Accepted\n" }])
      expect(await play("failed-logins", { files: few })).toMatchObject({
        run: { state: "done" },
        sent: [],
        prompts: [],
      });
    const calm = await play("failed-logins", { files: files(8), answer: () => ({ ...verdict, isSuspicious: false }) });
    expect(calm.run).toMatchObject({ state: "done", outputs: { isSuspicious: false } });
    expect(calm.sent).toEqual([]);
  });
});

describe("backup-check", () => {
  it("tells of backups that are late, smaller or no longer heard of, and otherwise nothing", async () => {
    prometheus({ "/ 3600 > 26": vector([{ job: "photos" }, "49"]) });
    const late = await play("backup-check", at());
    expect(late.sent).toEqual([expect.stringMatching(/Too old \(hours\):\n\{job="photos"\} 49\n/)]);
    expect(late.run.outputs).toEqual({ isFine: false });
    expect(services.seen().map(({ query }) => query.get("query"))).toEqual([
      "(time() - backup_last_success_timestamp_seconds) / 3600 > 26",
      "100 - 100 * backup_last_size_bytes / (backup_last_size_bytes offset 7d) > 20",
      expect.stringContaining("absent(backup_last_success_timestamp_seconds)"),
    ]);
    prometheus({ absent: vector([{}, "1"]) });
    expect((await play("backup-check", at())).sent).toEqual([expect.stringContaining("No longer heard of:\n{} 1")]);
    prometheus({});
    expect((await play("backup-check", at())).run).toMatchObject({ state: "done", outputs: { isFine: true } });
  });

  it("fails for all to see when Prometheus does not answer: silence would look like a good backup", async () => {
    services.serve({});
    expect((await play("backup-check", at())).run).toMatchObject({
      state: "failed",
      reason: expect.stringMatching(/^late: /),
    });
  });
});

describe("leaked-secrets", () => {
  // No key of anybody's: only the form of one.
  const key = `AKIA${"EXAMPLE".repeat(2)}AB`;

  it("names the places and never the secrets, and asks no model", async () => {
    const files = { "shop/config.txt": `region=eu\nkey=${key}\n`, "shop/readme.md": "nothing here\n" };
    const played = await play("leaked-secrets", { cause: bySchedule, files });
    expect(played.sent).toEqual([expect.stringContaining("- shop/config.txt, line 2\n")]);
    expect(played.sent.join()).not.toContain("There are more");
    expect(played.sent.join()).not.toContain(key);
    expect(played.run.outputs).toEqual({ isClean: false });
    const many = { "shop/config.txt": `key=${key}\n`.repeat(101) };
    expect((await play("leaked-secrets", { files: many })).sent).toEqual([expect.stringContaining("There are more:")]);
    const clean = await play("leaked-secrets", { files: { "shop/readme.md": "nothing here\n" } });
    expect(clean.run).toMatchObject({ state: "done", outputs: { isClean: true } });
    expect(clean.sent).toEqual([]);
  });
});
