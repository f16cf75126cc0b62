import { z } from "zod";
import type { PlatformRegistry } from "../../channels/index.ts";

/** Platforms without adapters: what is tested is the reading of their keys. */
export function createFakePlatforms(onLoad: (name: string) => void = () => undefined): PlatformRegistry {
  const entry = (name: string, optionsSchema: z.ZodType): PlatformRegistry[string] => ({
    load: () => Promise.reject(new Error("no adapter is needed here")),
    traits: () => Promise.reject(new Error("no traits are needed here")),
    setup: () => Promise.reject(new Error("nothing is set up here")),
    options: () => {
      onLoad(name);
      return Promise.resolve({ optionsSchema });
    },
  });
  return {
    webchat: entry("webchat", z.strictObject({ maxSockets: z.int().positive().default(500) })),
    telegram: entry(
      "telegram",
      z.strictObject({
        token: z.string().min(1),
        apiRoot: z.url().optional(),
        fast: z.boolean().optional(),
      }),
    ),
    email: entry(
      "email",
      z.strictObject({
        address: z.email(),
        imap: z.strictObject({
          host: z.string().min(1),
          port: z.int().default(993),
          password: z.string(),
        }),
      }),
    ),
  };
}
