import { describe, expect, it } from "vitest";
import { optionsSchema } from "../../../channels/slack/config.ts";
import { scopes } from "../../../channels/slack/scopes.ts";
import { setup } from "../../../channels/slack/setup.ts";
import { commands } from "../../../src/pipeline/commands/index.ts";
import { failure } from "../../contracts/channel-harness.ts";
import { appToken, botToken, readManifest, signingSecret } from "./harness.ts";
import { createWorkspaces } from "./workspace.ts";

const { signal } = new AbortController();

describe("setting Slack up", () => {
  const { fakeSlack } = createWorkspaces();

  it("has a manifest with every scope, event and command that the code uses", () => {
    const { oauth_config: oauth, settings, features } = readManifest();
    expect(oauth.scopes.bot).toEqual(Object.keys(scopes));
    expect(settings.event_subscriptions.bot_events.toSorted()).toEqual([
      "app_mention",
      "app_uninstalled",
      "message.channels",
      "message.groups",
      "message.im",
      "message.mpim",
      "reaction_added",
      "reaction_removed",
      "tokens_revoked",
    ]);
    const [command] = features.slash_commands;
    expect(command?.command).toBe("/parlance");
    expect(command?.usage_hint.split(" | ")).toEqual(commands.map(({ name }) => name));
  });

  it("tries both tokens and changes nothing", async () => {
    const fake = await fakeSlack();
    const options = { botToken, appToken, slackApiUrl: fake.url };
    expect(await setup.check(options, signal)).toBe("@parlance in Example");
    expect([...fake.calls.keys()].toSorted()).toEqual(["apps.connections.open", "auth.test"]);
    for (const scope of Object.keys(scopes)) if (scope !== "files:read") fake.scopes.add(scope);
    expect(await setup.check(options, signal)).toBe("@parlance in Example, without the scopes files:read");
  });

  it("says which answer is wrong", async () => {
    const fake = await fakeSlack();
    const check = (options: object): Promise<unknown> =>
      failure(setup.check({ slackApiUrl: fake.url, botToken, appToken, ...options }, signal));
    expect(await check({ botToken: "xoxb-wrong-token" })).toMatchObject({
      code: "unauthorised",
      message: expect.stringContaining("botToken") as string,
    });
    expect(await check({ appToken: "xapp-wrong-token" })).toMatchObject({
      code: "unauthorised",
      message: expect.stringContaining("appToken") as string,
    });
    expect(await check({ botToken: appToken })).toMatchObject({ code: "config-invalid" });
    expect(await check({ appToken: undefined })).toMatchObject({
      code: "config-invalid",
      message: expect.stringContaining("appToken") as string,
    });
    expect(await check({ slackApiUrl: "http://127.0.0.1:1/" })).toMatchObject({ code: "unreachable" });
  });

  it.each([
    [{ botToken, appToken: botToken }],
    [{ botToken: "xoxp-of-a-person", appToken }],
    [{ botToken }],
    [{ botToken, appToken, typo: 1 }],
    [{ botToken, signingSecret: "short" }],
  ])("refuses the options %j", (options) => {
    expect(optionsSchema.safeParse(options).success).toBe(false);
  });

  it("takes either way of receiving, and follows threads unless told otherwise", () => {
    expect(optionsSchema.parse({ botToken, signingSecret }).threads).toBe("follow");
    expect(optionsSchema.parse({ botToken, appToken }).slackApiUrl).toBe("https://slack.com/api/");
  });

  it("asks for what the options need", () => {
    expect(setup.questions.map(({ key }) => key)).toEqual(["botToken", "appToken", "signingSecret"]);
    for (const { secretName } of setup.questions) expect(secretName).toMatch(/^SLACK_/);
  });
});
