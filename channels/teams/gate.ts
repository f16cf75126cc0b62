import type { Activity, ConfigurationBotFrameworkAuthentication, InvokeResponse, TurnContext } from "botbuilder";
import { AppError } from "../../src/core/errors.ts";
import { loadPackage } from "../../src/core/load-package.ts";
import type { TeamsActivity } from "./activity.ts";
import { isPlausible } from "./bearer.ts";
import type { TeamsOptions } from "./config.ts";

/** Whose call it is. */
type Identity = Awaited<ReturnType<ConfigurationBotFrameworkAuthentication["authenticateRequest"]>>;

/** What an invoke is answered with. */
export type InvokeAnswer = Pick<InvokeResponse, "status" | "body">;

/** A turn of the SDK around our work on an activity whose sender is proven. What `work` throws passes through. */
export type RunTurn = (work: () => Promise<InvokeAnswer | undefined>) => Promise<InvokeAnswer | undefined>;

/** Microsoft's own check of who calls. */
export interface Gate {
  /** Can be told from the header alone that the call is not Microsoft's? Does nothing else. */
  refuses(authorization: string | undefined): boolean;
  /**
   * Checks the token against the activity. Throws AppError: "unauthorised" for a forged call, "unreachable" when
   * Microsoft's keys cannot be had now.
   */
  admit(activity: TeamsActivity, authorization: string | undefined): Promise<RunTurn>;
}

/** How long the fetching of Microsoft's keys may take; the SDK itself would wait for ever. */
const maxCheckMs = 10_000;

/** Loads botbuilder: 54 MB and 0.4 s of CPU. */
export async function createGate(options: TeamsOptions, now: () => number): Promise<Gate> {
  const botbuilder = await loadPackage("botbuilder", () => import("botbuilder"));
  const { appId, appPassword, tenantId, issuer, loginUrl, openIdMetadataUrl } = options;
  const authentication = new botbuilder.ConfigurationBotFrameworkAuthentication({
    ...(appId === undefined ? {} : { MicrosoftAppId: appId, MicrosoftAppPassword: appPassword }),
    ...(tenantId === undefined ? {} : { MicrosoftAppTenantId: tenantId, MicrosoftAppType: "SingleTenant" }),
    ToBotFromChannelOpenIdMetadataUrl: openIdMetadataUrl,
    // Its tokens never get this far: see `isPlausible`.
    ToBotFromEmulatorOpenIdMetadataUrl: openIdMetadataUrl,
    ToBotFromChannelTokenIssuer: issuer,
    ToChannelFromBotLoginUrl: `${loginUrl.replace(/\/+$/, "")}/${tenantId ?? "botframework.com"}`,
    ToChannelFromBotOAuthScope: issuer,
    OAuthUrl: issuer,
  });
  /** `process` answers 500 to some forgeries, writes each to the console, and cannot tell them from failures of ours. */
  class TeamsAdapter extends botbuilder.CloudAdapter {
    run(
      identity: Identity,
      activity: Activity,
      logic: (context: TurnContext) => Promise<void>,
    ): Promise<InvokeResponse | undefined> {
      return this.processActivity(identity, activity, logic);
    }
  }
  const adapter = new TeamsAdapter(authentication);

  async function check(activity: Activity, authorization: string): Promise<Identity> {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => late.reject(new KeysUnavailable()), maxCheckMs);
    try {
      return await Promise.race([authentication.authenticateRequest(activity, authorization), late.promise]);
    } catch (error) {
      if (isOutage(error))
        throw new AppError("unreachable", "The keys that Microsoft signs with cannot be had now.", {
          retryAfterMs: 5_000,
        });
      throw new AppError("unauthorised", "This call is not Microsoft's.");
    } finally {
      clearTimeout(timer);
    }
  }

  return {
    refuses: (authorization) => appId !== undefined && !isPlausible(authorization, issuer, now()),
    async admit(received, authorization) {
      // The SDK's type has dates where JSON has text; it reads neither here.
      const activity = received as unknown as Activity;
      const identity = await check(activity, authorization ?? "");
      return (work) =>
        adapter.run(identity, activity, async (turn) => {
          const answer = await work();
          if (answer !== undefined) await turn.sendActivity({ type: "invokeResponse", value: answer });
        });
    },
  };
}

class KeysUnavailable extends Error {}

/** Failures to fetch the keys, as node-fetch and the SDK name them. */
function isOutage(error: unknown): boolean {
  if (error instanceof KeysUnavailable) return true;
  if (!(error instanceof Error)) return false;
  return error.name === "FetchError" || error.message.startsWith("Failed to load");
}
