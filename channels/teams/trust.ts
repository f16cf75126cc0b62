import { AppError } from "../../src/core/errors.ts";

/** Hosts of the Bot Connector, in all clouds; our token is sent to no other. */
const serviceHosts = [
  "smba.trafficmanager.net",
  "smba.infra.gcc.teams.microsoft.com",
  "smba.infra.gov.teams.microsoft.us",
  "smba.infra.dod.teams.microsoft.us",
  "botframework.azure.cn",
  "*.botframework.com",
];
/** Where people's files lie. */
const fileHosts = ["*.sharepoint.com", "*.sharepoint.us", "*.sharepoint-mil.us", "*.sharepoint.cn"];

export interface Trust {
  /** May our token and our messages go there? */
  isService(url: string): boolean;
  /** May we read and write files there, without a token? */
  isFiles(url: string): boolean;
}

/** `hosts` are trusted for everything, over plain http, too. In the playground this machine is, and nothing else. */
export function createTrust({
  trustedHosts,
  playground,
}: {
  readonly trustedHosts: readonly string[];
  readonly playground: boolean;
}): Trust {
  const among = (url: string, known: readonly string[]): boolean => {
    const target = parseUrl(url);
    if (target === undefined) return false;
    if (playground) return isLoopback(target.hostname);
    if (trustedHosts.some((host) => isHost(target, host))) return true;
    return target.protocol === "https:" && target.port === "" && known.some((host) => isHost(target, host));
  };
  return {
    isService: (url) => among(url, serviceHosts),
    isFiles: (url) => among(url, fileHosts),
  };
}

export function checkService(trust: Trust, url: string): void {
  if (trust.isService(url)) return;
  throw new AppError("forbidden", "This is no address of the Bot Connector that we know.", {
    hint: "If it is one of yours, add its host to `trustedHosts`.",
  });
}

export function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127(?:\.\d{1,3}){3}$/.test(hostname);
}

/** "*.example.org" is any name below it. */
function isHost({ hostname, host }: URL, known: string): boolean {
  return known.startsWith("*.") ? hostname.endsWith(known.slice(1)) : known === hostname || known === host;
}

function parseUrl(url: string): URL | undefined {
  if (!URL.canParse(url)) return undefined;
  const parsed = new URL(url);
  const isPlain = parsed.username === "" && parsed.password === "";
  return isPlain && /^https?:$/.test(parsed.protocol) ? parsed : undefined;
}
