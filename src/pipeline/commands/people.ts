import { say } from "../../core/say.ts";
import type { StoreTransaction } from "../../core/store.ts";
import type { Command, CommandContext, CommandResult } from "./command.ts";

export const peopleCommands: readonly Command[] = [
  { name: "whoami", usage: "/whoami", summary: "Who you are to me.", role: "guest", run: whoami },
  {
    name: "pair",
    usage: "/pair CODE",
    summary: "Lets in the person who showed you this code.",
    role: "admin",
    run: pair,
  },
];

async function whoami({ message, role }: CommandContext): Promise<CommandResult> {
  return {
    text: `You are ${message.sender.name} (\`${message.sender.id}\`), ${role === "owner" || role === "admin" ? "an" : "a"} ${role} here.`,
  };
}

async function pair({ argument, store, now, message }: CommandContext): Promise<CommandResult> {
  const code = argument.toUpperCase();
  const pending = await store.pendingPairings(now);
  if (argument === "") {
    if (pending.length === 0) return { text: "Nobody waits to be let in." };
    return {
      text: pending
        .map((request) => `- \`${request.code}\`: ${request.person.name} (\`${request.person.id}\`)`)
        .join("\n"),
    };
  }
  const request = pending.find((candidate) => candidate.code === code);
  if (request === undefined) return { text: "This code is not open: it may be mistyped, used, or older than an hour." };
  return {
    text: `${request.person.name} (\`${request.person.id}\`) is let in as a member.`,
    commit: (transaction) => confirmPairing(transaction, code, message.sender.id, now),
  };
}

/** Lets the person of an open code in as a member and tells them. Does nothing when the code was taken meanwhile. */
export async function confirmPairing(
  transaction: StoreTransaction,
  code: string,
  by: string,
  now: number,
): Promise<void> {
  const taken = await transaction.takePairing(code, now);
  if (taken === undefined) return;
  await transaction.savePerson({ id: taken.person.id, name: taken.person.name, role: "member" });
  await transaction.audit({ kind: "pairing.confirmed", actor: by, subject: taken.person.id, details: {} }, now);
  const welcome = {
    id: `paired-${code}`,
    address: taken.address,
    text: "You are let in. Write to me as you like.",
    attachments: [],
  };
  await say(transaction, welcome, now);
}
