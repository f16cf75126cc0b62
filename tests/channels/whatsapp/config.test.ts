import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { platforms } from "../../../channels/index.ts";
import { optionsSchema } from "../../../channels/whatsapp/index.ts";
import { parseConfig } from "../../../config/parse.ts";

const defaults = readFileSync(new URL("../../../config/defaults.yaml", import.meta.url), "utf8");

const cloud = `phoneNumberId: "100100"
token: a-long-token
appSecret: a-long-secret
verifyToken: some-words`;
const twilio = `transport: twilio
accountSid: AC${"1".repeat(32)}
authToken: a-long-token
from: "+15550100100"`;

/** "line path problem", where line 1 is the first of `lines`. */
async function faultsOf(...lines: readonly string[]): Promise<readonly string[]> {
  const body = lines.join("\n").replaceAll(/^/gm, "    ");
  const text = `channels:\n  wa:\n    platform: whatsapp\n${body}\n`;
  const { faults } = await parseConfig(text, { env: {}, platforms, defaults, timeZone: "UTC" });
  return faults.map(({ line, path, problem }) => `${line - 3} ${path.replace("channels.wa.", "")} ${problem}`);
}

describe("the keys of a transport", () => {
  it("are enough, and have their defaults", async () => {
    expect(await faultsOf(cloud)).toEqual([]);
    expect(await faultsOf(twilio)).toEqual([]);
    const given = {
      transport: "twilio",
      accountSid: `AC${"1".repeat(32)}`,
      authToken: "a-long-token",
      from: "+15550100100",
    };
    const parsed = optionsSchema.parse(given);
    expect(parsed).toEqual({ ...given, apiUrl: "https://api.twilio.com", pollSeconds: 60 });
    // `channels add` gives what was parsed already.
    expect(optionsSchema.parse(parsed)).toEqual(parsed);
  });

  it("are asked for", async () => {
    expect(await faultsOf("transport: twilio")).toEqual([
      expect.stringContaining("accountSid is needed with `transport: twilio`"),
      expect.stringContaining("authToken is needed with `transport: twilio`"),
      expect.stringContaining("from is needed with `transport: twilio`"),
    ]);
    expect(await faultsOf(twilio, `apiKey: SK${"1".repeat(32)}`)).toEqual([
      expect.stringContaining("apiKeySecret is needed with `apiKey`"),
    ]);
  });

  it.each([
    ['from: "+15550100100"', "from"],
    ["apiUrl: https://api.twilio.com", "apiUrl"],
    ["pollSeconds: 60", "pollSeconds"],
    [`template: { contentSid: HX${"1".repeat(32)} }`, "template.contentSid"],
  ])("of Twilio are refused with the Cloud API: %s", async (line, path) => {
    expect(await faultsOf(cloud, line)).toEqual([`5 ${path} counts only with \`transport: twilio\`.`]);
  });

  it.each([
    ['phoneNumberId: "100100"', "phoneNumberId"],
    ["graphUrl: https://graph.facebook.com/v25.0", "graphUrl"],
    ["readReceipts: true", "readReceipts"],
    ["template: { language: en_US }", "template.language"],
  ])("of the Cloud API are refused with Twilio: %s", async (line, path) => {
    expect(await faultsOf(twilio, line)).toEqual([`5 ${path} counts only with \`transport: cloud\`.`]);
  });
});
