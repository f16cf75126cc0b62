import { z } from "zod";

const account = z.looseObject({
  id: z.string(),
  name: z.string().nullish(),
  aadObjectId: z.string().nullish(),
  role: z.string().nullish(),
});
const reaction = z.looseObject({ type: z.string() });

/** What we read of an activity: https://github.com/microsoft/Agents/blob/main/specs/activity/protocol-activity.md */
const activitySchema = z.looseObject({
  type: z.string(),
  id: z.string().nullish(),
  timestamp: z.string().nullish(),
  serviceUrl: z.string(),
  channelId: z.string().nullish(),
  from: account,
  recipient: account,
  conversation: z.looseObject({
    id: z.string().min(1),
    name: z.string().nullish(),
    conversationType: z.string().nullish(),
    tenantId: z.string().nullish(),
    isGroup: z.boolean().nullish(),
  }),
  /** Of an invoke. */
  name: z.string().nullish(),
  text: z.string().nullish(),
  replyToId: z.string().nullish(),
  value: z.unknown().optional(),
  attachments: z
    .array(
      z.looseObject({
        contentType: z.string(),
        contentUrl: z.string().nullish(),
        name: z.string().nullish(),
        content: z.unknown().optional(),
      }),
    )
    .nullish(),
  entities: z.array(z.looseObject({ type: z.string() })).nullish(),
  reactionsAdded: z.array(reaction).nullish(),
  reactionsRemoved: z.array(reaction).nullish(),
  channelData: z
    .looseObject({
      eventType: z.string().nullish(),
      tenant: z.looseObject({ id: z.string() }).nullish(),
      channel: z.looseObject({ name: z.string().nullish() }).nullish(),
      team: z.looseObject({ name: z.string().nullish() }).nullish(),
    })
    .nullish(),
});

export type TeamsActivity = z.infer<typeof activitySchema>;

/** Undefined when it is no activity that we could do something with. */
export function readActivity(body: unknown): TeamsActivity | undefined {
  const parsed = activitySchema.safeParse(body);
  return parsed.success ? parsed.data : undefined;
}
