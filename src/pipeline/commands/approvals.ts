import type { Command, CommandContext, CommandResult } from "./command.ts";

export const approvalCommands: readonly Command[] = [
  {
    name: "approvals",
    usage: "/approvals",
    summary: "Questions that wait for an answer.",
    role: "admin",
    run: listApprovals,
  },
  { name: "approve", usage: "/approve ID", summary: "Says yes to a question of mine.", role: "admin" },
  { name: "deny", usage: "/deny ID", summary: "Says no to a question of mine.", role: "admin" },
];

async function listApprovals({ store }: CommandContext): Promise<CommandResult> {
  const pending = await store.pendingApprovals(20);
  if (pending.length === 0) return { text: "Nothing waits for an answer." };
  return {
    text: pending
      .map(
        (approval) =>
          `- \`${approval.id}\` ${approval.tool} in \`${approval.conversation}\`: \`/approve ${approval.id}\` or \`/deny ${approval.id}\``,
      )
      .join("\n"),
  };
}
