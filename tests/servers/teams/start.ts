import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { chromiumPath, hasChromium } from "../../e2e/browser.ts";

/** What was seen of one step, by its name. */
export type Sight = Readonly<Record<string, unknown>>;

const ipPlaces = ["/usr/sbin/ip", "/sbin/ip", "/usr/bin/ip"];

/** What is missing for this test; undefined: nothing. */
export function findMissing(): string | undefined {
  if (!hasChromium) return `It needs Chromium at ${chromiumPath}.`;
  if (!ipPlaces.some((place) => existsSync(place))) return "It needs ip, of the package iproute2.";
  return process.getuid?.() === 0 ? undefined : "It needs root, for a network of its own.";
}

/**
 * Runs the talk in a network of its own, with nothing in it but the loopback address: the Playground binds all
 * interfaces. Resolves with what was seen, by step. Everything started in there dies with it.
 */
export async function talkInPlayground(): Promise<ReadonlyMap<string, Sight>> {
  const script = 'ip link set lo up && exec "$0" "$1"';
  const talk = join(import.meta.dirname, "talk.ts");
  const child = spawn(
    "unshare",
    ["--net", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", script, process.execPath, talk],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  const sights = new Map<string, Sight>();
  let complaints = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (complaints = (complaints + text).slice(-4_000)));
  const ended = once(child, "exit");
  const timer = setTimeout(() => child.kill("SIGKILL"), 110_000);
  for await (const line of createInterface({ input: child.stdout })) {
    if (!line.startsWith("{")) continue;
    const { step, ...sight } = JSON.parse(line) as Sight & { readonly step: string };
    sights.set(step, sight);
  }
  const [code] = (await ended) as [number | null];
  clearTimeout(timer);
  if (code !== 0)
    throw new Error(`The talk ended with ${code} after ${[...sights.keys()].join(", ") || "nothing"}:\n${complaints}`);
  return sights;
}
