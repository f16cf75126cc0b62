import { isDeepStrictEqual } from "node:util";
import * as spec from "discord-api-spec/zod";

/** What Discord's own OpenAPI document says of bodies, by the name that it has there. */
const schemas = {
  "create message": [spec.MessageCreateRequestSchema],
  "edit message": [spec.MessageEditRequestPartialSchema],
  "edit reply": [spec.IncomingWebhookUpdateRequestPartialSchema],
  callback: [spec.CreateMessageInteractionCallbackRequestSchema, spec.UpdateMessageInteractionCallbackRequestSchema],
  command: [spec.ApplicationCommandUpdateRequestSchema],
  "open direct chat": [spec.CreatePrivateChannelRequestSchema],
  "a message": [spec.MessageResponseSchema],
  "a user": [spec.UserResponseSchema],
  "an application": [spec.PrivateApplicationResponseSchema],
  "a channel": [spec.GuildChannelResponseSchema, spec.ThreadResponseSchema, spec.PrivateChannelResponseSchema],
  "a member": [spec.PrivateGuildMemberResponseSchema],
  "a gateway": [spec.GatewayBotResponseSchema],
  "an offered command": [spec.ApplicationCommandResponseSchema],
  "a callback's answer": [spec.InteractionCallbackResponseSchema],
} as const;

export type SchemaName = keyof typeof schemas;

/**
 * What is wrong with a body, by Discord's own document; undefined when it is right. Unknown keys are wrong, too, unless
 * they are allowed as Discord allows them: the schemas leave them out, so a body that comes back smaller had some.
 */
export function findFault(name: SchemaName, body: unknown, allowsUnknownKeys = false): string | undefined {
  const results = schemas[name].map((schema) => schema.safeParse(body));
  if (results.some((result) => result.success && (allowsUnknownKeys || isDeepStrictEqual(result.data, body))))
    return undefined;
  const [first] = results;
  const reason = first?.success === false ? first.error.message : "it has keys that the document does not know";
  return `${name}: ${reason}: ${JSON.stringify(body)}`;
}
