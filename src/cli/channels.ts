import { parseArgs } from "node:util";
import type { CliCommand } from "../cli.ts";
import { addChannel } from "./channels/add.ts";
import { formatCapabilityRows, loadCapabilities } from "./channels/capabilities.ts";
import { listChannels } from "./channels/list.ts";
import { verifyChannel } from "./channels/verify.ts";
import { commonOptions, commonUsage, loadConfigOf, needWord, pickAction } from "./options.ts";
import { formatTable, printJson, printLine } from "./print.ts";

/** The channels: how they are doing, what they can do, and setting up another one. */
export const channels: CliCommand = {
  summary: "Lists the channels and how they are doing; sets up another one.",
  usage: `channels [list|add PLATFORM|verify CHANNEL] [options]

  list            the configured channels, and how they are doing
  add PLATFORM    asks for what the platform needs, tries it, and writes it into the configuration
  verify CHANNEL  verifies the device of a channel that has one (Matrix) with another device of its owner

  --capabilities  what each platform can do
  --name NAME     for add: what to call the channel (default: as the platform)
${commonUsage}`,
  async run(args) {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: { ...commonOptions, capabilities: { type: "boolean", default: false }, name: { type: "string" } },
      allowPositionals: true,
    });
    if (values.capabilities) {
      const list = await loadCapabilities();
      if (values.json) printJson(Object.fromEntries(list.map(({ platform, traits }) => [platform, traits])));
      else printLine(formatTable(["PLATFORM", "AFTER A CUT-OFF SEND", "CAN"], formatCapabilityRows(list)));
      return 0;
    }
    const action = pickAction(positionals[0], ["list", "add", "verify"], "list");
    if (action === "add") return addChannel(positionals[1], values.name, values.config);
    const { config } = await loadConfigOf(values);
    if (action === "verify")
      return verifyChannel(config, needWord(positionals[1], "The channel", "channels verify matrix"));
    await listChannels(config, values.json);
    return 0;
  },
};
