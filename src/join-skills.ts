import { join } from "node:path";
import type { Logger } from "./core/log.ts";
import type { Tool } from "./core/tool.ts";
import { formatDefinitionFault } from "./definitions/load-personas.ts";
import { loadSkillFile, loadSkills, watchSkills, type Skills } from "./definitions/load-skills.ts";
import { createUseSkill } from "./tools/skills/use-skill.ts";

/** The skills in `<data>/skills` as a tool: a saved file counts from the next message on. */
export async function joinSkills(deps: {
  readonly dataFolder: string;
  readonly log: Logger;
  readonly signal: AbortSignal;
}): Promise<{ tools(): readonly Tool[] }> {
  const folder = join(deps.dataFolder, "skills");
  let tools = take(await loadSkills(folder));
  watchSkills(folder, { signal: deps.signal, onChange: (loaded) => (tools = take(loaded)) });

  function take({ skills, faults }: Skills): readonly Tool[] {
    for (const fault of faults) deps.log.warn({}, `A skill was left out: ${formatDefinitionFault(fault)}`);
    const tool = createUseSkill({ skills: [...skills.values()], readFile: loadSkillFile });
    return tool === undefined ? [] : [tool];
  }

  return { tools: () => tools };
}
