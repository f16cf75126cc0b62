import type { Channel } from "../../../src/core/channel.ts";
import { createChannel } from "../../../channels/teams/index.ts";
import { optionsSchema } from "../../../channels/teams/config.ts";
import { refusedMs } from "../../contracts/channel-harness.ts";
import { createChannelContext, createTestDisk, type TestDisk } from "../../doubles/channel-context.ts";
import { createRunningClock, type FakeClock } from "../../doubles/fake-clock.ts";
import { createFakeTeams, type Activity, type FakeTeams, type SentActivity } from "../../doubles/fake-teams.ts";

export const adaId = "29:1Ada-00000000000000000000000000000000";
export const personalChat = "a:1personal-chat-of-ada";
export const groupChat = "19:0a1b2c3d4e5f@thread.v2";
export const teamsChannel = "19:f5e4d3c2b1a0@thread.tacv2";
export const threadRoot = "1760000000001";

/** A bot on the fake, and what Ada does there. */
export interface Scene {
  readonly fake: FakeTeams;
  readonly disk: TestDisk;
  readonly clock: FakeClock;
  create(options?: { readonly hookUrl?: string; readonly loginUrl?: string }, isListening?: () => boolean): Channel;
  /** An activity that has all that Teams sends. */
  activity(extra: object, place?: "direct" | "group" | "thread"): Activity;
  /** Gives it to the channel, signed; rejects when the answer is not 2xx. Resolves with the answer. */
  deliver(activity: Activity, channel: Channel): Promise<Response>;
  close(): Promise<void>;
}

export async function createScene({ isMultiTenant = false } = {}): Promise<Scene> {
  const fake = await createFakeTeams({ isMultiTenant });
  const disk = createTestDisk();
  const clock = createRunningClock();
  const options = optionsSchema.parse({
    appId: fake.appId,
    appPassword: fake.appPassword,
    ...(isMultiTenant ? {} : { tenantId: fake.tenantId }),
    openIdMetadataUrl: fake.openIdMetadataUrl,
    loginUrl: fake.loginUrl,
    trustedHosts: ["127.0.0.1"],
  });
  let count = 0;

  function conversation(place: "direct" | "group" | "thread"): object {
    if (place === "direct") return { id: personalChat, conversationType: "personal", tenantId: fake.tenantId };
    if (place === "group")
      return { id: groupChat, conversationType: "groupChat", isGroup: true, tenantId: fake.tenantId };
    const id = `${teamsChannel};messageid=${threadRoot}`;
    return { id, conversationType: "channel", isGroup: true, tenantId: fake.tenantId };
  }

  return {
    fake,
    disk,
    clock,
    create: ({ hookUrl, loginUrl = fake.loginUrl } = {}, isListening) =>
      createChannel(
        createChannelContext(
          { ...options, loginUrl },
          {
            name: "teams",
            disk,
            now: clock.now,
            isListening,
            ...(hookUrl === undefined ? {} : { hookUrl }),
          },
        ),
        { refusedMs },
      ),
    activity(extra, place = "direct") {
      count += 1;
      const where = conversation(place) as { id: string };
      fake.open(where.id);
      return {
        type: "message",
        id: String(1_760_000_100_000 + count),
        timestamp: new Date(1_760_000_100_000 + count * 1_000).toISOString(),
        serviceUrl: fake.serviceUrl,
        channelId: "msteams",
        from: { id: adaId, name: "Ada", aadObjectId: "00000000-0000-4000-8000-00000000000a" },
        recipient: { id: fake.botId, name: "Parlance" },
        conversation: where,
        channelData: { tenant: { id: fake.tenantId } },
        ...extra,
      };
    },
    async deliver(activity, channel) {
      const answer = await channel.webhook?.(fake.sign(activity));
      if (answer === undefined || !answer.ok) throw new Error(`the hook answered ${answer?.status}`);
      return answer;
    },
    async close() {
      await fake.stop();
      await disk.remove();
    },
  };
}

/** All words of a message of ours, the ones in cards included. */
export function wordsOf({ activity }: SentActivity): string {
  const cards = (activity.attachments ?? []).flatMap(({ content }) => collectText(content));
  return [activity.text ?? "", ...cards].filter((part) => part !== "").join("\n");
}

/** The buttons of a card of ours, with what they carry. */
export function buttonsOf({ activity }: SentActivity): readonly { readonly title: string; readonly data: unknown }[] {
  return (activity.attachments ?? []).flatMap(({ content }) => collectButtons(content));
}

function collectText(node: unknown): string[] {
  if (Array.isArray(node)) return node.flatMap(collectText);
  if (typeof node !== "object" || node === null) return [];
  const { type, text, ...rest } = node as Record<string, unknown>;
  const own = (type === "TextBlock" || type === "TextRun") && typeof text === "string" ? [text] : [];
  return [...own, ...Object.values(rest).flatMap(collectText)];
}

function collectButtons(node: unknown): { title: string; data: unknown }[] {
  if (Array.isArray(node)) return node.flatMap(collectButtons);
  if (typeof node !== "object" || node === null) return [];
  const { type, title, data } = node as Record<string, unknown>;
  if (type === "Action.Submit" && typeof title === "string") return [{ title, data }];
  return Object.values(node).flatMap(collectButtons);
}
