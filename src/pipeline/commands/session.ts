import type { Command, CommandContext, CommandResult } from "./command.ts";

export const sessionCommands: readonly Command[] = [
  { name: "stop", usage: "/stop", summary: "Stops what I am doing here, at once.", role: "guest" },
  {
    name: "new",
    usage: "/new",
    summary: "Starts afresh: I no longer look at what was said before.",
    role: "guest",
    run: startNew,
  },
];

async function startNew({ conversation }: CommandContext): Promise<CommandResult> {
  return {
    text: "A fresh start. What was said before is kept, but I no longer look at it.",
    commit: (transaction) =>
      transaction.updateConversation(conversation.id, {
        session: conversation.session + 1,
        summary: null,
        summarySeq: 0,
        isSummaryOutside: false,
        plan: null,
        foundPersona: null,
      }),
  };
}
