import { expect, it } from "vitest";
import { createRecordingSink, waitUntil } from "../../doubles/channel-context.ts";
import { createScene } from "./scene.ts";

it("is shown as online only while it may speak, in a session that is taken up again too", async () => {
  const { fake, create } = await createScene();
  let isListening = true;
  const channel = create({ isListening: () => isListening });
  const sink = createRecordingSink();
  const stop = new AbortController();
  const ended = channel.start(sink, stop.signal);
  await sink.waitForState("up");
  expect(fake.gateway.presences).toEqual(["invisible"]);
  for (const status of ["online", "invisible"]) {
    isListening = status === "invisible";
    const { length } = fake.gateway.presences;
    fake.gateway.drop("cut");
    await waitUntil(() => fake.gateway.presences.length > length);
    expect(fake.gateway.presences.at(-1)).toBe(status);
  }
  stop.abort();
  await ended;
});

it("leaves commands and presses without an answer while it only listens, and takes them in", async () => {
  const { fake, create } = await createScene();
  const { world, routes } = fake;
  routes.commands.push({ id: world.nextId(), name: "help", options: [{ name: "command" }] });
  const channel = create({ isListening: () => true });
  const sink = createRecordingSink();
  const stop = new AbortController();
  const ended = channel.start(sink, stop.signal);
  await sink.waitForState("up");
  const interaction = fake.use("help", ["stop"]);
  expect(await sink.waitFor(1)).toMatchObject([{ kind: "command", text: "/help stop" }]);
  await new Promise((resolve) => void setTimeout(resolve, 2_000)); // it would be told after 1.8 s at the latest
  expect(interaction.callback).toBeUndefined();
  stop.abort();
  await ended;
});
