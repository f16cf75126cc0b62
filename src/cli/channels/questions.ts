import type { SetupQuestion } from "../../core/channel.ts";
import { paint, printLine } from "../print.ts";
import type { Asker } from "./ask.ts";

export interface Answer {
  readonly text: string;
  /** The environment variable that holds it, for a secret. */
  readonly variable?: string;
}

/** By the question's key. Questions that were left out are not there. */
export type Answers = Readonly<Record<string, Answer>>;

/** Asks all questions; earlier answers are offered again. */
export async function askQuestions(
  asker: Asker,
  questions: readonly SetupQuestion[],
  earlier: Answers,
  channel: { readonly platform: string; readonly name: string },
): Promise<Answers> {
  const answers: Record<string, Answer> = {};
  for (const question of questions) {
    const answer = await askOne(asker, question, earlier[question.key]?.text);
    if (answer === "") continue;
    const variable = question.secretName === undefined ? {} : { variable: nameVariable(question.secretName, channel) };
    answers[question.key] = { text: answer, ...variable };
  }
  return answers;
}

async function askOne(asker: Asker, question: SetupQuestion, earlier: string | undefined): Promise<string> {
  const { label, help, secretName, isOptional = false } = question;
  const isSecret = secretName !== undefined;
  const offered = earlier ?? question.default;
  if (help !== undefined) printLine(paint("dim", help));
  const shown =
    offered === undefined ? (isOptional ? " (may be left out)" : "") : isSecret ? " [as before]" : ` [${offered}]`;
  for (;;) {
    const answer = (await asker.ask(`${label}${shown}: `, { isSecret })) || (offered ?? "");
    if (answer !== "" || isOptional) return answer;
    printLine("This one is needed.");
  }
}

/** Two accounts on one platform have variables of their own: SLACK_BOT_TOKEN, and SLACK_WORK_BOT_TOKEN for "slack-work". */
function nameVariable(
  secretName: string,
  { platform, name }: { readonly platform: string; readonly name: string },
): string {
  if (name === platform) return secretName;
  const own = name.toUpperCase().replaceAll(/[^A-Z0-9]/g, "_");
  return `${own}_${secretName.slice(secretName.indexOf("_") + 1)}`;
}

/** The channel's options as they stand in the configuration: secrets as references, keys with dots as blocks. */
export function toOptions(questions: readonly SetupQuestion[], answers: Answers): Record<string, unknown> {
  const options: Record<string, unknown> = {};
  for (const { key, kind = "text" } of questions) {
    const answer = answers[key];
    if (answer === undefined) continue;
    const value = answer.variable === undefined ? toValue(answer.text, kind) : `\${${answer.variable}}`;
    const path = key.split(".");
    const last = path.pop() ?? key;
    let block = options;
    for (const step of path) block = (block[step] ??= {}) as Record<string, unknown>;
    block[last] = value;
  }
  return options;
}

function toValue(text: string, kind: NonNullable<SetupQuestion["kind"]>): unknown {
  switch (kind) {
    case "number":
      return Number.isFinite(Number(text)) ? Number(text) : text; // the schema says what is wrong with it
    case "boolean":
      return /^(y|yes|true|on)$/i.test(text);
    case "list":
      return text.split(/[\s,]+/).filter((each) => each !== "");
    default:
      return text;
  }
}
