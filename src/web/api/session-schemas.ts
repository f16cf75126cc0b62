import { z } from "zod";

/** What the server says about the person at the page and about itself. */
export const sessionSchema = z.strictObject({
  signedIn: z.boolean(),
  channels: z.array(z.strictObject({ name: z.string() })).readonly(),
  model: z.strictObject({ id: z.string(), isOffline: z.boolean() }).exactOptional(),
  person: z.strictObject({ id: z.string(), name: z.string(), isBot: z.boolean() }).exactOptional(),
});

export const signInSchema = z.looseObject({ token: z.string().describe("`http.token` of parlance.yaml.") });
