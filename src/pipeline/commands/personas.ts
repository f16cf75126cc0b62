import { enoughOutcomes, formatInstructionsDiff, proposeInstructions } from "../../agent/evolve-persona.ts";
import type { Persona } from "../../core/persona.ts";
import type { PersonaOutcome } from "../../core/records.ts";
import { createTurnUsage } from "../turn-usage.ts";
import { hasRole, type Command, type CommandContext, type CommandResult } from "./command.ts";

const proposalTimeoutMs = 120_000;
const maxOutcomes = 50;
/** Where proposals and the time of the last one are kept. */
const place = "persona-evolution";

interface Proposal {
  readonly before: string;
  readonly after: string;
}

/** How personas are judged, and changed by what was said of them: nothing changes unless a person says so. */
export const evolutionCommands: readonly Command[] = [
  {
    name: "rate",
    usage: "/rate good|bad [why]",
    summary: "Tells me what you make of my last answer; personas learn from it.",
    role: "member",
    run: rate,
  },
  {
    name: "evolve",
    usage: "/evolve [NAME [accept|refuse|back]]",
    summary: "Proposes a change of a persona by what people made of its answers.",
    role: "admin",
    run: evolve,
  },
];

async function rate(context: CommandContext): Promise<CommandResult> {
  const { argument, conversation, now, message, store } = context;
  const [, word = "", note = ""] = /^(good|bad)\b[\s:,.-]*([^]*)$/i.exec(argument) ?? [];
  if (word === "") return { text: "Write it as `/rate good` or `/rate bad it was too long`." };
  const history = await store.history(conversation.id, {
    session: conversation.session,
    afterSeq: 0,
    limit: 20,
    hasPins: false,
  });
  const last = history.findLast(({ message: said }) => said.role === "assistant");
  if (last === undefined) return { text: "I have not answered anything here that could be rated." };
  const outcome: PersonaOutcome = {
    persona: context.current.persona,
    ref: last.turnId,
    outcome: word.toLowerCase() === "good" ? "accepted" : "rejected",
    note: note.trim().slice(0, 500).toWellFormed(),
    at: now,
  };
  const count = (await listOutcomes(context, outcome.persona)).filter(({ ref }) => ref !== outcome.ref).length + 1;
  const hint =
    count >= enoughOutcomes && hasRole(context.role, "admin")
      ? ` There are ${count} judgements of **${outcome.persona}** now: \`/evolve ${outcome.persona}\` proposes a change.`
      : "";
  return {
    text: `Noted for **${outcome.persona}**.${hint}`,
    commit: async (transaction) => {
      await transaction.addOutcome(outcome);
      await transaction.audit(
        {
          kind: "persona.rated",
          actor: message.sender.id,
          subject: outcome.persona,
          details: { outcome: outcome.outcome },
        },
        now,
      );
    },
  };
}

async function evolve(context: CommandContext): Promise<CommandResult> {
  const { argument, personas } = context;
  const [name = "", verb = ""] = argument.split(/\s+/, 2);
  if (name === "") return listState(context);
  const persona = personas.get(name);
  if (persona === undefined) return { text: `There is no persona called "${name}".` };
  if (verb === "accept") return accept(context, persona);
  if (verb === "back") return rollBack(context, persona);
  if (verb === "refuse") return refuse(context, persona);
  return verb === ""
    ? propose(context, persona)
    : { text: "Write it as `/evolve NAME`, with `accept`, `refuse` or `back` behind it." };
}

async function listState(context: CommandContext): Promise<CommandResult> {
  const lines = await Promise.all(
    [...context.personas.keys()].map(async (name) => {
      const outcomes = await listOutcomes(context, name);
      const good = outcomes.filter(({ outcome }) => outcome === "accepted").length;
      return outcomes.length === 0 ? [] : [`- **${name}**: ${good} of ${outcomes.length} found good`];
    }),
  );
  const shown = lines.flat();
  return {
    text:
      shown.length === 0
        ? "Nothing was rated yet. `/rate good` and `/rate bad` do that."
        : `Since the last change:\n\n${shown.join("\n")}\n\n\`/evolve NAME\` proposes a change after ${enoughOutcomes} judgements.`,
  };
}

async function propose(context: CommandContext, persona: Persona): Promise<CommandResult> {
  const { conversation, current, deps, message } = context;
  const outcomes = await listOutcomes(context, persona.name);
  if (outcomes.length < enoughOutcomes)
    return { text: `**${persona.name}** has ${outcomes.length} judgements; ${enoughOutcomes} are needed.` };
  const model = deps.models().get(current.model);
  const spender = { conversation: conversation.id, person: message.sender.id, persona };
  deps.budget.check(spender);
  const usage = createTurnUsage(deps, spender, model.id);
  const signal = AbortSignal.timeout(proposalTimeoutMs);
  const after = await proposeInstructions(model, persona, outcomes, signal, usage.add).finally(usage.save);
  if (after === undefined)
    return { text: `Nothing about **${persona.name}** should change by these ${outcomes.length} judgements.` };
  const proposal: Proposal = { before: persona.instructions, after };
  return {
    text: `A change of **${persona.name}**, by ${outcomes.length} judgements:\n\n\`\`\`diff\n${formatInstructionsDiff(persona.instructions, after)}\n\`\`\`\n\n\`/evolve ${persona.name} accept\` puts it in force, \`/evolve ${persona.name} refuse\` drops it.`,
    choices: [
      { label: "Accept", command: `/evolve ${persona.name} accept`, style: "primary" },
      { label: "Refuse", command: `/evolve ${persona.name} refuse` },
    ],
    commit: (transaction) => transaction.setChannelState(place, `proposal:${persona.name}`, JSON.stringify(proposal)),
  };
}

async function accept(context: CommandContext, persona: Persona): Promise<CommandResult> {
  const { deps, message, now } = context;
  const proposal = await loadProposal(context, persona);
  if (proposal === undefined) return { text: `There is no open proposal for **${persona.name}**.` };
  if (proposal.before !== persona.instructions)
    return {
      text: `**${persona.name}** was changed since this was proposed. \`/evolve ${persona.name}\` proposes anew.`,
    };
  await deps.personaFiles.save(persona.name, proposal.after);
  return settle(
    persona,
    "persona.changed",
    `**${persona.name}** has its new instructions. \`/evolve ${persona.name} back\` takes them back.`,
    message.sender.id,
    now,
  );
}

async function refuse(context: CommandContext, persona: Persona): Promise<CommandResult> {
  const { message, now } = context;
  return settle(persona, "persona.change-refused", "Dropped. I count judgements from now on.", message.sender.id, now);
}

async function rollBack(context: CommandContext, persona: Persona): Promise<CommandResult> {
  const { deps, message, now } = context;
  const isDone = await deps.personaFiles.rollBack(persona.name);
  if (!isDone) return { text: `**${persona.name}** was never changed here.` };
  return settle(
    persona,
    "persona.rolled-back",
    `**${persona.name}** is as it was before the last change.`,
    message.sender.id,
    now,
  );
}

/** Judgements are counted anew after each decision. */
async function settle(
  persona: Persona,
  kind: string,
  text: string,
  actor: string,
  now: number,
): Promise<CommandResult> {
  return {
    text,
    commit: async (transaction) => {
      await transaction.setChannelState(place, `proposal:${persona.name}`, "");
      await transaction.setChannelState(place, `since:${persona.name}`, String(now));
      await transaction.audit({ kind, actor, subject: persona.name, details: {} }, now);
    },
  };
}

async function listOutcomes({ store }: CommandContext, persona: string): Promise<readonly PersonaOutcome[]> {
  const since = Number((await store.channelState(place, `since:${persona}`)) ?? 0);
  return store.outcomesSince(persona, since, maxOutcomes);
}

async function loadProposal({ store }: CommandContext, { name }: Persona): Promise<Proposal | undefined> {
  const text = (await store.channelState(place, `proposal:${name}`)) ?? "";
  return text === "" ? undefined : (JSON.parse(text) as Proposal);
}
