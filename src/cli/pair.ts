import { parseArgs } from "node:util";
import type { Config } from "../../config/schema.ts";
import type { CliCommand } from "../cli.ts";
import { AppError } from "../core/errors.ts";
import { conversationId } from "../core/message.ts";
import { pickNearest } from "../core/nearest.ts";
import type { Role } from "../core/store.ts";
import { openForCommands, type CommandStore } from "../open-store.ts";
import { confirmPairing } from "../pipeline/commands/people.ts";
import { commonOptions, commonUsage, loadConfigOf, needWord, pickAction } from "./options.ts";
import { formatTable, plain, printJson, printLine } from "./print.ts";

/** Who may talk to Parlance: codes shown by strangers, and people by their id. */
export const pair: CliCommand = {
  summary: "Lets people in, or keeps them out.",
  usage: `pair list|confirm CODE|allow PERSON|block PERSON [options]

  list            who waits to be let in, with which code
  confirm CODE    lets in the person who showed you this code, as a member
  allow PERSON    lets a person in without a code, or again after a block; such as telegram:42
  block PERSON    no longer takes anything from this person

${commonUsage}`,
  async run(args) {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: commonOptions,
      allowPositionals: true,
    });
    const action = pickAction(positionals[0], ["list", "confirm", "allow", "block"], "list");
    const { config, ...rest } = await loadConfigOf(values);
    const store = await openForCommands({ config, ...rest });
    try {
      if (action === "list") return await list(store, values.json);
      const done =
        action === "confirm"
          ? await confirm(store, needWord(positionals[1], "The code", "pair confirm 7KQ2M9"))
          : await setRole(
              store,
              config,
              needWord(positionals[1], "The person", `pair ${action} telegram:42`),
              action === "allow" ? "member" : "blocked",
            );
      if (values.json) printJson(done);
      else
        printLine(
          `${plain(done.name)} (${plain(done.person)}) is ${done.role === "member" ? "let in as a member" : "blocked"}.`,
        );
      return 0;
    } finally {
      await store.close();
    }
  },
};

interface Done {
  readonly person: string;
  readonly name: string;
  readonly role: Role;
}

async function list(store: CommandStore, isJson: boolean): Promise<number> {
  const now = Date.now();
  const pending = await store.pendingPairings(now);
  if (isJson) {
    printJson(
      pending.map(({ code, person, address, expiresAt }) => ({
        code,
        person: person.id,
        name: person.name,
        chat: conversationId(address),
        expiresAt,
      })),
    );
  } else if (pending.length === 0) printLine("Nobody waits to be let in.");
  else {
    const rows = pending.map(({ code, person, expiresAt }) => [
      code,
      plain(person.name),
      plain(person.id),
      `${Math.max(1, Math.round((expiresAt - now) / 60_000))} min`,
    ]);
    printLine(formatTable(["CODE", "NAME", "PERSON", "HOLDS"], rows));
  }
  return 0;
}

async function confirm(store: CommandStore, word: string): Promise<Done> {
  const code = word.toUpperCase();
  const request = (await store.pendingPairings(Date.now())).find((pending) => pending.code === code);
  if (request === undefined)
    throw new AppError("not-found", "This code is not open: it may be mistyped, used, or older than an hour.", {
      hint: 'See "parlance pair list".',
    });
  await store.write((transaction) => confirmPairing(transaction, code, "cli", Date.now()));
  const { id, name } = request.person;
  const known = await store.person(id);
  if (known === undefined)
    throw new AppError("conflict", "Somebody else used this code at the same moment.", {
      hint: 'See "parlance pair list".',
    });
  return { person: id, name, role: known.role };
}

async function setRole(store: CommandStore, config: Config, person: string, role: "member" | "blocked"): Promise<Done> {
  const channel = /^([^:\s]+):\S/.exec(person)?.[1];
  if (channel === undefined)
    throw new AppError("bad-input", "A person is written as channel:id, such as telegram:42.", {
      hint: "/whoami, sent by that person, shows it.",
    });
  if (config.channels[channel] === undefined) {
    const nearest = pickNearest(channel, Object.keys(config.channels));
    throw new AppError(
      "not-found",
      `There is no channel "${channel}".`,
      nearest === undefined ? {} : { hint: `Did you mean "${nearest}"?` },
    );
  }
  if (role === "blocked" && config.owner.ids.includes(person))
    throw new AppError("forbidden", "This is one of the owner's own accounts.", {
      hint: "Take it out of owner.ids in the configuration first.",
    });
  const name = (await store.person(person))?.name ?? person;
  await store.write(async (transaction) => {
    await transaction.savePerson({ id: person, name, role });
    await transaction.audit(
      {
        kind: role === "blocked" ? "person.blocked" : "person.allowed",
        actor: "cli",
        subject: person,
      },
      Date.now(),
    );
  });
  return { person, name, role };
}
