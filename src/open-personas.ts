import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { LoadedConfig } from "../config/load.ts";
import type { Persona } from "./core/persona.ts";
import { loadPersonas, type Personas } from "./definitions/load-personas.ts";
import { pickPersona, type PickedPersona } from "./pipeline/pick-persona.ts";

/** Where persona files lie: the shipped ones, then the person's own, which stand before them. */
export function personaFolders(dataFolder: string): readonly [string, string] {
  return [fileURLToPath(new URL("../personas", import.meta.url)), join(dataFolder, "personas")];
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
  const choice = { byName: loaded.personas, list: [...loaded.personas.values()] };
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
