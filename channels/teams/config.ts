import { z } from "zod";

const guid = z.string().regex(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i, "must be a GUID, as Azure shows it");
const endpoint = z.url({ protocol: /^https?$/ });

/** What stands under `channels.<name>` for `platform: teams`, without the keys that every channel has. */
export const optionsSchema = z
  .strictObject({
    /** "Microsoft App ID" of the Azure Bot. */
    appId: guid.optional(),
    /** A client secret of that app: its value, not its id. */
    appPassword: z.string().min(8).optional(),
    /** "App Tenant ID" of a single-tenant bot. Not set: a multi-tenant bot. */
    tenantId: guid.optional(),
    /** For the Microsoft 365 Agents Playground on this machine: nobody's identity is checked. */
    playground: z.boolean().default(false),
    /** Where the keys are told that Microsoft signs its calls with. */
    openIdMetadataUrl: endpoint.default("https://login.botframework.com/v1/.well-known/openidconfiguration"),
    /** Who signs them, and what our tokens are good for. */
    issuer: endpoint.default("https://api.botframework.com"),
    /** Where we get our tokens. */
    loginUrl: endpoint.default("https://login.microsoftonline.com"),
    /** Hosts to call and fetch files from besides Microsoft's. */
    trustedHosts: z.array(z.string().min(1)).default([]),
  })
  .refine(({ appId, playground }) => playground !== (appId !== undefined), {
    message: "is needed; only `playground: true` goes without, and never with it",
    path: ["appId"],
  })
  .refine(({ appId, appPassword }) => (appId === undefined) === (appPassword === undefined), {
    message: "is needed with `appId`, and only with it",
    path: ["appPassword"],
  });

export type TeamsOptions = z.infer<typeof optionsSchema>;
