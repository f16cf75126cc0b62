import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openBoardScene, type BoardScene } from "./board-scene.ts";
import { createHmac } from "node:crypto";

const secret = "the secret of the hook";
const hooked = `name: hooked
description: d
group: development
inputs: { title: { type: text, default: none } }
trigger:
  - webhook:
      verify: github
      secret: "\${HOOK_SECRET}"
      when: trigger.action == "opened"
      inputs: { title: "{{ trigger.issue.title }}" }
  - webhook: { verify: bearer, secret: OTHER_SECRET }
steps: [{ id: a, send: owner, text: "{{ inputs.title }} by {{ trigger.event }}" }]
`;
const unset = hooked
  .replace("hooked", "unset")
  .replaceAll("HOOK_SECRET", "NOT_SET")
  .replaceAll("OTHER_SECRET", "NOR_THIS");
const shipped = hooked.replace("hooked", "shipped");

let scene: BoardScene;
beforeEach(async () => {
  const variables = { HOOK_SECRET: secret, OTHER_SECRET: "another-secret" };
  scene = await openBoardScene({ workflows: [hooked, unset], shipped: [shipped], variables });
});
afterEach(() => scene.close());

const sign = (body: string, key = secret) => `sha256=${createHmac("sha256", key).update(body).digest("hex")}`;
const deliver = (name: string, body: string, headers: Record<string, string>) =>
  scene.takeHook(name, { headers: new Headers(headers), body: Buffer.from(body) });
const opened = JSON.stringify({ action: "opened", issue: { title: "Broken" } });
const github = (body: string, name = "hooked", key = secret) =>
  deliver(name, body, { "x-hub-signature-256": sign(body, key), "x-github-event": "issues" });
const runs = () => scene.workflows.board.runs({ limit: 99 });

describe("a webhook", () => {
  it("starts its workflow with what is mapped, on the payload's own words", async () => {
    const taken = await github(opened);
    expect(taken).toMatchObject({ kind: "started" });
    await scene.workThrough();
    expect(await scene.sent()).toEqual(["Broken by github.issues.opened"]);
    const [run] = await scene.store.workflows.runs({}, 9);
    expect(run?.cause).toMatchObject({ kind: "webhook", by: "system", isOutside: true });
  });

  it("starts it once, however often and by however many at once it is delivered", async () => {
    const taken = await Promise.all(Array.from({ length: 5 }, () => github(opened)));
    expect(taken.map(({ kind }) => kind).toSorted()).toEqual(["known", "known", "known", "known", "started"]);
    expect(await runs()).toHaveLength(1);
  });

  it("refuses all the same what is unsigned, wrong, for nobody, for a shipped one, or without a secret", async () => {
    const refused = [
      await deliver("hooked", opened, {}),
      await github(opened, "hooked", "a wrong secret"),
      await deliver("hooked", opened, { authorization: "Bearer wrong" }),
      await github(opened, "nobody"),
      await github(opened, "nobody", "nothing is signed with this"),
      await github(opened, "__proto__"),
      await github(opened, "shipped"),
      await github(opened, "unset"),
      await github(opened, "unset", ""),
    ];
    expect(refused).toEqual(refused.map(() => ({ kind: "refused" })));
    expect(await runs()).toEqual([]);
  });

  it("leaves alone what its condition does not want, or cannot judge", async () => {
    expect(await github(JSON.stringify({ action: "closed" }))).toEqual({ kind: "ignored" });
    expect(await github(JSON.stringify({ other: 1 }))).toMatchObject({ kind: "ignored", problem: expect.any(String) });
    expect(await runs()).toEqual([]);
  });

  it("takes whichever of its senders it is", async () => {
    const taken = await deliver("hooked", "plain words", { authorization: "Bearer another-secret" });
    expect(taken).toMatchObject({ kind: "started" });
    const [run] = await scene.store.workflows.runs({}, 9);
    expect(run?.cause.payload).toEqual({ event: "bearer.received", body: "plain words" });
  });
});
