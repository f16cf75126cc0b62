import type { LoadedConfig } from "../../../config/load.ts";
import type { Finding } from "./finding.ts";
import { findMissing, mcpPackages } from "./packages.ts";

/** Can the configured MCP servers be talked to? Starts none of them: "parlance mcp list" does. None: there are no servers. */
export function checkMcp({ config }: LoadedConfig): readonly Finding[] {
  const servers = Object.keys(config.mcp);
  if (servers.length === 0) return [];
  const missing = findMissing(mcpPackages);
  const name = "mcp";
  if (missing.length > 0)
    return [
      {
        name,
        state: "broken",
        detail: `the tools of ${servers.join(", ")} need a package that is not installed: ${missing.join(", ")}`,
        hint: `Run: npm install ${missing.join(" ")}`,
      },
    ];
  return [{ name, state: "ok", detail: `${servers.join(", ")}; "parlance mcp list" connects to them` }];
}
