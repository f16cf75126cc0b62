import { parseArgs } from "node:util";
import type { CliCommand } from "../cli.ts";
import type { DeskAnswer, DraftView } from "../core/desk.ts";
import { AppError } from "../core/errors.ts";
import { parseDuration, type CommandDesk } from "../open-desk.ts";
import { editDraft } from "./desk/edit-draft.ts";
import { explainSending, formatDraft, shorten } from "./desk/show.ts";
import { terminalPerson, withDesk } from "./desk/with-desk.ts";
import { commonOptions, commonUsage, loadConfigOf, needWord, pickAction } from "./options.ts";
import { formatTable, formatTime, paint, plain, printJson, printLine } from "./print.ts";

const actions = ["list", "show", "approve", "edit", "reject", "snooze"] as const;

/** Answers in the owner's name that wait for the owner. */
export const drafts: CliCommand = {
  summary: "Shows the answers that wait for you, and sends, changes or drops them.",
  usage: `drafts list|show ID|approve ID|edit ID [TEXT|-]|reject ID|snooze ID [TIME] [options]

  list     the drafts that wait, those that you put off among them
  show     one in full: what they wrote, what would be sent, and why it is not sent by itself
  approve  sends it as it is
  edit     sends your words instead: those given, those of standard input (-), or those that you write in your editor
           ($VISUAL, $EDITOR); shows what you changed and asks before it is sent
  reject   drops it; nothing is sent
  snooze   shows it again later: 30m, 2h, 1d or 1w (default: 1d)

  --yes          edit: sends without asking
${commonUsage}`,
  async run(args) {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: { ...commonOptions, yes: { type: "boolean", default: false } },
      allowPositionals: true,
    });
    const { json: isJson } = values;
    const action = pickAction(positionals[0], actions, "list");
    const id =
      action === "list"
        ? ""
        : needWord(positionals[1], "The id", `drafts ${action} ID   ("parlance drafts" shows them)`);
    const words = positionals.slice(2).join(" ");
    return withDesk(values, async (place) => {
      switch (action) {
        case "list":
          return list(place, isJson);
        case "show":
          return show(place, id, isJson);
        case "edit": {
          const { variable } = await loadConfigOf(values);
          const editor = variable("VISUAL") ?? variable("EDITOR");
          const text = await editDraft(await find(place, id), { words, editor, isJson, isAgreed: values.yes });
          return text === undefined ? 1 : answer(place, id, { kind: "edit", text }, isJson);
        }
        case "approve":
          return answer(place, id, { kind: "approve", text: (await find(place, id)).text }, isJson);
        case "reject":
          return answer(place, id, { kind: "reject" }, isJson);
        case "snooze":
          return answer(place, id, { kind: "snooze", until: Date.now() + parseTime(words) }, isJson);
      }
    });
  },
};

function parseTime(word: string): number {
  const forMs = parseDuration(word === "" ? "1d" : word);
  if (forMs !== undefined) return forMs;
  throw new AppError("bad-input", "This time is not understood.", { hint: "Such as: 30m, 2h, 1d or 1w." });
}

async function find({ desk }: CommandDesk, id: string): Promise<DraftView> {
  const draft = await desk.draft(id);
  if (draft !== undefined) return draft;
  throw new AppError("not-found", `There is no draft "${plain(id)}".`, {
    hint: '"parlance drafts" lists those that wait.',
  });
}

async function list({ desk }: CommandDesk, isJson: boolean): Promise<number> {
  const { drafts: waiting, snoozed } = await desk.inbox();
  if (isJson) printJson([...waiting, ...snoozed]);
  else if (waiting.length + snoozed.length === 0) printLine("No draft waits.");
  else {
    const now = Date.now();
    const rows = [...waiting, ...snoozed].map(({ id, senderName, channel, createdAt, snoozedUntil, text }) => [
      id,
      plain(senderName),
      plain(channel),
      snoozedUntil > now ? paint("dim", `off until ${formatTime(snoozedUntil)}`) : formatTime(createdAt),
      shorten(text),
    ]);
    printLine(formatTable(["ID", "FOR", "ON", "SINCE", "ANSWER"], rows));
    printLine(
      paint("dim", '\n"parlance drafts show ID" shows one in full; approve, edit, reject or snooze ID answers it.'),
    );
  }
  return 0;
}

async function show(place: CommandDesk, id: string, isJson: boolean): Promise<number> {
  const draft = await find(place, id);
  if (isJson) printJson(draft);
  else printLine(formatDraft(draft, Date.now()).join("\n"));
  return 0;
}

async function answer({ desk, store }: CommandDesk, id: string, given: DeskAnswer, isJson: boolean): Promise<number> {
  const { text, draft } = await desk.answerDraft(id, given, terminalPerson);
  const isRunning = await store.hasLiveOwner();
  if (isJson) printJson({ text, draft, isServiceRunning: isRunning });
  else if (given.kind === "approve" || given.kind === "edit")
    printLine(explainSending(isRunning, `Approved for ${plain(draft.senderName)}`));
  else printLine(given.kind === "snooze" ? `Shown again at ${formatTime(given.until)}.` : text);
  return 0;
}
