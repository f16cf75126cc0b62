/** One part of the service, as the status page shows it. */
export interface HealthPart {
  readonly name: string;
  readonly state: "up" | "connecting" | "standby" | "down";
  readonly reason: string;
}

export interface Health {
  readonly isReady: boolean;
  readonly parts: readonly HealthPart[];
}

/** Reads the answer of /health/ready: {checks: {<name>: {state, reason?}}} or the same as a list. Never throws. */
export function parseHealth(isReady: boolean, body: unknown): Health {
  const checks = isRecord(body) ? (body["checks"] ?? body["parts"] ?? {}) : {};
  const list: readonly (readonly [string, unknown])[] = Array.isArray(checks)
    ? checks.map((check: unknown) => [
        isRecord(check) && typeof check["name"] === "string" ? check["name"] : "?",
        check,
      ])
    : Object.entries(isRecord(checks) ? checks : {});
  return { isReady, parts: list.map(([name, check]) => parsePart(name, check)) };
}

function parsePart(name: string, check: unknown): HealthPart {
  if (!isRecord(check))
    return {
      name,
      state: check === "up" || check === "ok" || check === true ? "up" : "down",
      reason: typeof check === "string" ? check : "",
    };
  const state = check["state"] ?? check["status"] ?? check["ok"];
  const reason = check["reason"] ?? check["message"];
  return {
    name,
    state:
      state === "connecting" || state === "standby"
        ? state
        : state === "up" || state === "ok" || state === true
          ? "up"
          : "down",
    reason: typeof reason === "string" ? reason : "",
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
