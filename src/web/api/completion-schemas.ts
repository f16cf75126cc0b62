import { z } from "zod";

export { requestSchema as completionRequestSchema } from "../completions.ts";

const count = z.int().min(0);

/** A whole answer in OpenAI's format; a streamed one comes as `chat.completion.chunk` events. */
export const completionSchema = z.strictObject({
  id: z.string(),
  object: z.literal("chat.completion"),
  created: z.int().describe("Seconds since 1970."),
  model: z.string(),
  choices: z.array(
    z.strictObject({
      index: z.int(),
      message: z.strictObject({
        role: z.literal("assistant"),
        content: z.string().nullable(),
        tool_calls: z
          .array(
            z.strictObject({
              id: z.string(),
              type: z.literal("function"),
              function: z.strictObject({ name: z.string(), arguments: z.string() }),
            }),
          )
          .exactOptional(),
      }),
      finish_reason: z.enum(["stop", "length", "tool_calls", "content_filter"]),
    }),
  ),
  usage: z.strictObject({
    prompt_tokens: count,
    completion_tokens: count,
    total_tokens: count,
    prompt_tokens_details: z.strictObject({ cached_tokens: count }),
  }),
});

export const modelListSchema = z.strictObject({
  object: z.literal("list"),
  data: z.array(z.strictObject({ id: z.string(), object: z.literal("model"), owned_by: z.string() })),
});
