import { AppError } from "../core/errors.ts";
import type { StyleProfile } from "../core/style.ts";

/** A profile from JSON. Throws AppError "bad-input". Numbers in it are checked where they are used. */
export function parseProfile(text: string): StyleProfile {
  const broken = (what: string): AppError =>
    new AppError("bad-input", `This is no profile: ${what}.`, {
      hint: "Make one with: parlance style learn --from FILE --out PROFILE",
    });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw broken("it is no JSON");
  }
  if (!isObject(value)) throw broken("it is no JSON object");
  if (value["version"] !== 1) throw broken("its version is not 1");
  if (!isObject(value["audiences"])) throw broken("`audiences` is missing");
  for (const [name, manner] of Object.entries({ general: value["general"], ...value["audiences"] }))
    if (!isManner(manner)) throw broken(`\`${name}\` is not complete`);
  return value as unknown as StyleProfile;
}

function isManner(value: unknown): boolean {
  if (!isObject(value) || !isObject(value["shares"]) || !isObject(value["spreads"])) return false;
  if (!Object.values(value["shares"]).every(isNumbers)) return false;
  const spreads = value["spreads"];
  if (!["chars", "words", "sentences", "sentenceWords", "lines"].every((name) => isNumbers(spreads[name])))
    return false;
  const lists = ["greetings", "signOffs", "emoji", "languages", "ownScores"].map((name) => value[name]);
  return lists.every((list) => Array.isArray(list) && list.every(isObject)) && typeof value["messages"] === "number";
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isNumbers(value: unknown): boolean {
  return isObject(value) && Object.values(value).every((each) => typeof each === "number");
}
