import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { loadConfig } from "../../config/load.ts";
import { startApp } from "../../src/app.ts";
import { silentLogger } from "../../src/core/log.ts";

it("answers mail that waited for the last channel of the configuration", async () => {
  const folder = await mkdtemp(join(tmpdir(), "parlance-start-"));
  const file = join(folder, "parlance.yaml");
  const hook = 'platform: webhook, access: open, token: "0123456789abcdef"';
  await writeFile(
    file,
    `http: { port: 0 }\nmodels: { aliases: { quiet: { provider: offline } } }\nchannels: { first: { ${hook} }, irc: { platform: irc, host: 127.0.0.1, port: 1, nick: parlance, tls: false, channels: [] }, last: { ${hook} } }\n`,
  );
  const loaded = await loadConfig({ configPath: file, env: { PARLANCE_HOME: folder }, cwd: folder, home: folder });
  const taking = await startApp(loaded, { log: silentLogger, roles: { web: true, channels: true, workers: false } });
  const ids = Array.from({ length: 20 }, (_, index) => `m${index}`);
  for (const id of ids) {
    const { status } = await fetch(`http://127.0.0.1:${taking.port}/hooks/last`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: "Bearer 0123456789abcdef" },
      body: JSON.stringify({ id, chat: id, sender: { id: "ada" }, text: "ping" }),
    });
    expect(status).toBe(202);
  }
  await taking.close();

  const working = await startApp(loaded, { log: silentLogger, roles: { web: false, channels: true, workers: true } });
  try {
    const answersOf = async (id: string) =>
      (await working.store.transcript("last").read(id, { limit: 10 })).filter(({ direction }) => direction === "out")
        .length;
    await expect
      .poll(async () => (await Promise.all(ids.map(answersOf))).reduce((sum, count) => sum + count), {
        timeout: 15_000,
      })
      .toBe(ids.length);
  } finally {
    await working.close();
    await rm(folder, { recursive: true, force: true });
  }
});
