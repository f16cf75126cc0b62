import type { Config } from "../../../config/schema.ts";
import { formatTable, paint, plain, printJson, printLine } from "../print.ts";
import { loadHealth, placeOfService } from "../running.ts";

/** Prints the configured channels, and how the running service says they are doing. */
export async function listChannels(config: Config, isJson: boolean): Promise<void> {
  const place = placeOfService(config);
  const health = place === undefined ? undefined : await loadHealth(place);
  const list = Object.entries(config.channels).map(([name, { platform, mode, access }]) => {
    const check = health?.checks[`channel ${name}`];
    const state = check?.state ?? (mode === "off" ? "off" : health === undefined ? "not running" : "unknown");
    return {
      name,
      platform,
      mode,
      access,
      state,
      ...(check?.reason === undefined ? {} : { reason: check.reason }),
    };
  });
  if (isJson) return printJson(list);
  if (list.length === 0) printLine("No channel is configured.");
  else {
    const rows = list.map(({ name, platform, mode, access, state, reason }) => [
      name,
      platform,
      mode,
      access,
      paint(colourOf(state), reason === undefined || state === "up" ? state : `${state}: ${plain(reason)}`),
    ]);
    printLine(formatTable(["CHANNEL", "PLATFORM", "MODE", "ACCESS", "STATE"], rows));
  }
  if (health === undefined)
    printLine(
      place === undefined
        ? "\nhttp.port is 0, so the running service cannot be asked."
        : '\nThe service is not running. Start it with "parlance start".',
    );
}

function colourOf(state: string): "green" | "yellow" | "red" | "dim" {
  switch (state) {
    case "up":
      return "green";
    case "down":
      return "red";
    case "off":
    case "not running":
    case "unknown":
      return "dim";
    default:
      return "yellow";
  }
}
