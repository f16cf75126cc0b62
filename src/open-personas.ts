import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { LoadedConfig } from "../config/load.ts";
import { createPersonaDetector } from "./agent/detect-persona.ts";
import type { Persona } from "./core/persona.ts";
import type { Logger } from "./core/log.ts";
import { formatDefinitionFault, loadPersonas, watchPersonas, type Personas } from "./definitions/load-personas.ts";
import { createPersonaFiles, type PersonaFiles } from "./definitions/save-persona.ts";
import { pickPersona, type PersonaChoice, type PickedPersona } from "./pipeline/pick-persona.ts";

/** Where persona files lie: the shipped ones, then the person's own, which stand before them. */
export function personaFolders(dataFolder: string): readonly [string, string] {
  return [fileURLToPath(new URL("../personas", import.meta.url)), join(dataFolder, "personas")];
}

type Pick = Parameters<typeof pickPersona>;

/** The personas of a running service: a saved file counts from the next message on. */
export async function joinPersonas(deps: {
  readonly dataFolder: string;
  /** Of a turn, where the persona says nothing else. */
  readonly maxSteps: number;
  readonly log: Logger;
  readonly now: () => number;
  readonly signal: AbortSignal;
}): Promise<{
  byName(): ReadonlyMap<string, Persona>;
  readonly files: PersonaFiles;
  pick(conversation: Pick[1], channelPersona: Pick[2], message: Pick[3]): PickedPersona;
}> {
  const folders = personaFolders(deps.dataFolder);
  const defaults = { maxSteps: deps.maxSteps };
  let choice = take(await loadPersonas(folders, defaults));
  watchPersonas(folders, { defaults, signal: deps.signal, onChange: (loaded) => (choice = take(loaded)) });

  function take({ personas, faults }: Personas): PersonaChoice {
    for (const fault of faults) deps.log.warn({}, `A persona was left out: ${formatDefinitionFault(fault)}`);
    return { byName: personas, detect: createPersonaDetector([...personas.values()]) };
  }

  return {
    byName: () => choice.byName,
    files: createPersonaFiles(folders, deps.now),
    pick: (conversation, channelPersona, message) =>
      pickPersona(choice, conversation, channelPersona, message, deps.maxSteps),
  };
}

export interface OpenPersonas extends Personas {
  /** Who would answer a message that nothing is set for. */
  pick(said: { readonly text: string; readonly channel: string; readonly person: string }): PickedPersona;
  /** Is this one's file in the person's own folder? */
  isOwn(persona: Persona): Promise<boolean>;
}

/** The personas as the service has them, for commands that work without it. */
export async function openPersonas({ config, dataFolder }: LoadedConfig): Promise<OpenPersonas> {
  const folders = personaFolders(dataFolder);
  const defaults = { maxSteps: config.agent.maxSteps };
  const loaded = await loadPersonas(folders, defaults);
  const own = await loadPersonas([folders[1]], defaults);
  const choice = { byName: loaded.personas, detect: createPersonaDetector([...loaded.personas.values()]) };
  return {
    ...loaded,
    isOwn: async ({ name }) => own.personas.has(name),
    pick: ({ text, channel, person }) =>
      pickPersona(
        choice,
        {},
        config.channels[channel]?.persona,
        { text, address: { channel, chat: "" }, sender: { id: person, name: "", isBot: false } },
        config.agent.maxSteps,
      ),
  };
}
