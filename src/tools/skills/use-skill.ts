import { z } from "zod";
import { AppError } from "../../core/errors.ts";
import { pickNearest } from "../../core/nearest.ts";
import type { Skill } from "../../core/skill.ts";
import type { Tool } from "../../core/tool.ts";
import { defineTool } from "../define.ts";

export interface UseSkillOptions {
  readonly skills: readonly Skill[];
  /** Undefined: there is no such file. */
  readonly readFile: (skill: Skill, file: string) => Promise<string | undefined>;
}

const maxDescriptionChars = 390;
const maxKeywords = 400;
const tooCommon = new Set(
  "the and for with from that this into are was not you your its use used using when whenever user users asks ask about skill skills any all can how what which who their them they has have will should would could need needs want wants make makes create creates write writes read reads file files text".split(
    " ",
  ),
);

/**
 * The skills as one tool: its description names them, its answer is a skill's instructions. They were put there by the
 * operator, so they are no text from outside. Undefined where there are no skills.
 */
export function createUseSkill({ skills, readFile }: UseSkillOptions): Tool | undefined {
  if (skills.length === 0) return undefined;
  const byName = new Map(skills.map((skill) => [skill.name, skill]));
  return defineTool({
    name: "use_skill",
    description: formatDescription(skills),
    input: z.strictObject({
      name: z.string().min(1).max(64).describe("Of the skill."),
      file: z.string().min(1).max(300).optional().describe("One of the skill's files, instead of its instructions."),
    }),
    effect: "read",
    keywords: pickKeywords(skills),
    timeoutMs: 10_000,
    maxOutputChars: 30_000,
    async run({ name, file }) {
      const skill = byName.get(name);
      if (skill === undefined) {
        const nearest = pickNearest(name, [...byName.keys()]);
        throw new AppError("bad-input", `There is no skill "${name}".`, {
          hint: nearest === undefined ? `There are: ${[...byName.keys()].join(", ")}.` : `Did you mean "${nearest}"?`,
        });
      }
      if (file === undefined) return { text: formatSkill(skill), isOutside: false };
      const text = await readFile(skill, file);
      if (text === undefined)
        throw new AppError("not-found", `The skill "${name}" has no file "${file}".`, {
          hint: skill.files.length === 0 ? "It has none." : `It has: ${skill.files.join(", ")}.`,
        });
      return { text: text === "" ? "(The file is empty.)" : text, isOutside: false };
    },
  });
}

function formatSkill({ name, instructions, files }: Skill): string {
  const listed = files.length === 0 ? "" : `\n\nIts files, to be read with \`file\`: ${files.join(", ")}`;
  return `# ${name}\n\n${instructions}${listed}`;
}

/** As many with their descriptions as there is room for, the others by name. */
function formatDescription(skills: readonly Skill[]): string {
  const head = "Gives instructions for a task you are about to do. Skills: ";
  const share = Math.max(0, Math.floor((maxDescriptionChars - head.length) / skills.length) - 4);
  const listed = skills.map(({ name, description }) => {
    const room = share - name.length;
    return room < 20 ? name : `${name} (${description.replaceAll(/\s+/g, " ").slice(0, room)})`;
  });
  return `${head}${listed.join("; ")}`.slice(0, maxDescriptionChars).toWellFormed();
}

function pickKeywords(skills: readonly Skill[]): readonly string[] {
  const words = skills.flatMap(
    ({ name, description }) => `${name} ${description}`.toLowerCase().match(/[\p{L}\p{N}]{3,}/gu) ?? [],
  );
  return ["skill", ...new Set(words.filter((word) => !tooCommon.has(word) && word !== "skill"))].slice(0, maxKeywords);
}
