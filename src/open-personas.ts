import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { LoadedConfig } from "../config/load.ts";
import { createPersonaDetector } from "./agent/detect-persona.ts";
import { createMeaningMatcher, type FindByMeaning } from "./agent/match-meaning.ts";
import type { Embedder } from "./core/embedder.ts";
import { AppError, describeError } from "./core/errors.ts";
import type { Persona } from "./core/persona.ts";
import type { Logger } from "./core/log.ts";
import { formatDefinitionFault, loadPersonas, watchPersonas, type Personas } from "./definitions/load-personas.ts";
import { createPersonaFiles, type PersonaFiles } from "./definitions/save-persona.ts";
import { openEmbedders } from "./open-embedders.ts";
import { pickPersona, type PersonaChoice, type PickedPersona } from "./pipeline/pick-persona.ts";

/** Where persona files lie: the shipped ones, then the person's own, which stand before them. */
export function personaFolders(dataFolder: string): readonly [string, string] {
  return [fileURLToPath(new URL("../personas", import.meta.url)), join(dataFolder, "personas")];
}

type Pick = Parameters<typeof pickPersona>;

/** A message waits for so long to be understood, a command for the embedder's beginning, too. */
const meaningMs = 2_000;
const meaningInCommandMs = 60_000;

/** The personas of a running service: a saved file counts from the next message on. */
export async function joinPersonas(deps: {
  readonly loaded: LoadedConfig;
  readonly log: Logger;
  readonly now: () => number;
  readonly signal: AbortSignal;
  /** What meaning is compared with, where it is configured. Asked for when the first message comes. */
  readonly memory: () => { readonly embedder: Embedder | undefined };
}): Promise<{
  byName(): ReadonlyMap<string, Persona>;
  readonly files: PersonaFiles;
  pick(conversation: Pick[1], channelPersona: Pick[2], message: Pick[3]): Promise<PickedPersona>;
}> {
  const folders = personaFolders(deps.loaded.dataFolder);
  // Of a turn, where the persona says nothing else.
  const { maxSteps } = deps.loaded.config.agent;
  const defaults = { maxSteps };
  let matcher: FindByMeaning | undefined;
  let choice = take(await loadPersonas(folders, defaults));
  watchPersonas(folders, { defaults, signal: deps.signal, onChange: (loaded) => (choice = take(loaded)) });

  function take({ personas, faults }: Personas): PersonaChoice {
    for (const fault of faults) deps.log.warn({}, `A persona was left out: ${formatDefinitionFault(fault)}`);
    return { byName: personas, detect: createPersonaDetector([...personas.values()]), findByMeaning };
  }

  async function findByMeaning(...asked: Parameters<FindByMeaning>): ReturnType<FindByMeaning> {
    const { embedder } = deps.memory();
    if (embedder === undefined) return undefined;
    const { now, log } = deps;
    const onFailure = (error: unknown): void =>
      log.warn({ error: describeError(error) }, "A persona could not be looked for by meaning; general answers.");
    matcher ??= createMeaningMatcher({ embedder, timeoutMs: meaningMs, now, onFailure });
    return matcher(...asked);
  }

  return {
    byName: () => choice.byName,
    files: createPersonaFiles(folders, deps.now),
    pick: (conversation, channelPersona, message) =>
      pickPersona(choice, conversation, channelPersona, message, maxSteps),
  };
}

export interface OpenPersonas extends Personas {
  /** Who would answer a message that nothing is set for. */
  pick(said: { readonly text: string; readonly channel: string; readonly person: string }): Promise<PickedPersona>;
  /** Is this one's file in the person's own folder? */
  isOwn(persona: Persona): Promise<boolean>;
  close(): Promise<void>;
}

/** The personas as the service has them, for commands that work without it. What fails with meaning is told. */
export async function openPersonas(
  configured: LoadedConfig,
  onFailure: (error: unknown) => void = () => undefined,
): Promise<OpenPersonas> {
  const { config, dataFolder } = configured;
  const folders = personaFolders(dataFolder);
  const defaults = { maxSteps: config.agent.maxSteps };
  const loaded = await loadPersonas(folders, defaults);
  const own = await loadPersonas([folders[1]], defaults);
  const embedder = openSafely();
  const choice: PersonaChoice = {
    byName: loaded.personas,
    detect: createPersonaDetector([...loaded.personas.values()]),
    ...(embedder === undefined
      ? {}
      : {
          findByMeaning: createMeaningMatcher({
            embedder,
            timeoutMs: meaningInCommandMs,
            now: Date.now,
            onFailure,
          }),
        }),
  };

  function openSafely(): Embedder | undefined {
    try {
      return openEmbedders(configured).embedder;
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      onFailure(error);
      return undefined;
    }
  }

  return {
    ...loaded,
    close: async () => embedder?.close(),
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
