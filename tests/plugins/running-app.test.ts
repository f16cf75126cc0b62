import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, expect, it, vi } from "vitest";
import { loadConfig } from "../../config/load.ts";
import { createFakeOpenAi, type FakeOpenAi } from "../doubles/fake-openai.ts";
import { startTestApp, type TestApp } from "../doubles/test-app.ts";
import { compilePlugin } from "../doubles/wasm-plugin.ts";

let model: FakeOpenAi;
let test: TestApp;
afterEach(async () => {
  await test.close();
  await model.close();
});

const says = (word: string) =>
  compilePlugin({ call: (at) => `(call $say ${at(JSON.stringify({ text: `The plugin says ${word}.` }))})` });

/** Posts one message, and waits for the answer. */
async function say(id: string, text = '!call weather_echo {"word":"tea"}'): Promise<string> {
  const answer = await test.call("/hooks/hook", {
    headers: { authorization: "Bearer a-long-enough-token", prefer: "wait=20" },
    body: { id, sender: { id: "ada" }, text },
  });
  return answer.text;
}

it("a model's call goes through a plugin, which comes, changes and goes with the configuration", async () => {
  model = await createFakeOpenAi({ mode: "echo" });
  const yaml = (plugins: string) => `
owner: { ids: ["hook:ada"] }
channels: { hook: { platform: webhook, token: a-long-enough-token, access: open } }
models: { aliases: { fake: { provider: openai-compatible, model: fake, baseUrl: "${model.url}" } } }
${plugins}`;
  test = await startTestApp(yaml(""));
  const data = join(test.folder, "data");
  await mkdir(join(data, "plugins"), { recursive: true });
  await writeFile(join(data, "plugins/one.wasm"), await says("one"));
  await writeFile(join(data, "plugins/two.wasm"), await says("two"));

  const apply = async (plugins: string) => {
    const file = join(test.folder, "parlance.yaml");
    await writeFile(file, `http: { port: 0 }\n${yaml(plugins)}`);
    await test.app.applyConfig(
      await loadConfig({
        configPath: file,
        env: { PARLANCE_HOME: data, TZ: "UTC" },
        cwd: test.folder,
        home: test.folder,
      }),
    );
  };

  expect(await say("1")).not.toContain("The plugin says");
  await apply("plugins: { weather: { file: plugins/one.wasm, effect: read } }");
  let id = 0;
  const hears = (word: string) =>
    vi.waitFor(async () => expect(await say(`${word}-${(id += 1)}`)).toContain(`The plugin says ${word}.`), {
      timeout: 20_000,
      interval: 100,
    });
  await hears("one");
  await apply("plugins: { weather: { file: plugins/two.wasm, effect: read } }");
  await hears("two");
  // One that cannot be loaded takes nothing else down.
  await apply("plugins: { weather: { file: plugins/two.wasm, effect: read }, broken: { file: gone.wasm } }");
  await hears("two");
  expect((await test.app.ready()).isReady).toBe(true);
  const status = await say("status", "/status");
  expect(status).toContain("plugin weather: up");
  expect(status).toMatch(/plugin broken: down .*does not exist/);
  await apply("plugins: {}");
  expect(await say("last")).not.toContain("The plugin says");
  expect(test.errors).toEqual([]);
}, 60_000);
