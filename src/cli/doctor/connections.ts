import { createServer } from "node:net";
import { isLoopback } from "../../../config/conflicts.ts";
import type { Config } from "../../../config/schema.ts";
import { loadHealth, placeOfService, type ServiceHealth } from "../running.ts";
import type { Finding } from "./finding.ts";
import { findMissing, listChannelPackages } from "./packages.ts";

/** Does the service run and feel well? Otherwise: could it take its port? */
export async function checkService({
  http,
}: Config): Promise<{ readonly finding: Finding; readonly health?: ServiceHealth }> {
  const name = "service";
  const place = placeOfService({ http } as Config);
  if (place === undefined)
    return { finding: { name, state: "skipped", detail: "http.port is 0: only the service itself knows its port" } };
  const reach = isLoopback(http.host) ? "this machine only" : "other machines, with http.token";
  const health = await loadHealth(place);
  if (health !== undefined) {
    const troubles = Object.entries(health.checks).filter(([, { state }]) => state !== "up" && state !== "standby");
    const told = troubles
      .map(([part, { state, reason }]) => `\n${part}: ${state}${reason === undefined ? "" : ` (${reason})`}`)
      .join("");
    if (health.isReady)
      return { finding: { name, state: "ok", detail: `runs at ${place.url}, reached from ${reach}` }, health };
    return {
      finding: {
        name,
        state: "broken",
        detail: `runs at ${place.url}, but is not ready${told}`,
        hint: "Its log says more.",
      },
      health,
    };
  }
  const problem = await tryListen(http.host, http.port);
  if (problem === undefined)
    return {
      finding: { name, state: "ok", detail: `not running; port ${http.port} is free, to be reached from ${reach}` },
    };
  const found = {
    EADDRINUSE: {
      detail: `port ${http.port} on ${http.host} is taken by another program`,
      hint: "Stop that program, or set http.port.",
    },
    EACCES: { detail: `port ${http.port} may not be used by this user`, hint: "Set http.port to one above 1023." },
    EADDRNOTAVAIL: { detail: `${http.host} is no address of this machine`, hint: "Mend http.host." },
  }[problem] ?? {
    detail: `port ${http.port} on ${http.host} cannot be used: ${problem}`,
    hint: "Look at http.host and http.port.",
  };
  return { finding: { name, state: "broken", ...found } };
}

/** Are the packages there, and what does the service say? Options were judged with the configuration. */
export async function checkChannels(config: Config, health: ServiceHealth | undefined): Promise<Finding[]> {
  const entries = Object.entries(config.channels);
  if (entries.length === 0)
    return [
      {
        name: "channels",
        state: "warning",
        detail: "none is configured",
        hint: "Add one to the configuration: channels: { web: { platform: webchat } }",
      },
    ];
  return entries.map(([channel, options]): Finding => {
    const { platform, mode } = options;
    const name = `channel ${channel}`;
    if (mode === "off") return { name, state: "skipped", detail: `${platform}, off` };
    const missing = findMissing(listChannelPackages(options));
    if (missing.length > 0)
      return {
        name,
        state: "broken",
        detail: `${platform} needs packages that are not installed: ${missing.join(", ")}`,
        hint: `Run: npm install ${missing.join(" ")}`,
      };
    const check = health?.checks[name];
    const state = check === undefined ? "" : `, ${check.state}${check.reason === undefined ? "" : `: ${check.reason}`}`;
    if (check?.state === "down")
      return {
        name,
        state: "broken",
        detail: `${platform}${state}`,
        hint: "Look at its keys in the configuration, and at the service's log.",
      };
    return {
      name,
      state: check?.state === "connecting" ? "warning" : "ok",
      detail: `${platform}, answers in mode "${mode}"${state}`,
    };
  });
}

/** The code of what stands against it; undefined when the port can be had. */
async function tryListen(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}
