/** Know-how for a kind of task: a folder with a SKILL.md, read by the model when it needs it. */
export interface Skill {
  /** The folder's name. */
  readonly name: string;
  /** What it is for, and when to use it: what the model chooses by. */
  readonly description: string;
  readonly instructions: string;
  /** Absolute. */
  readonly folder: string;
  /** Text files beside SKILL.md, relative to the folder, with slashes. */
  readonly files: readonly string[];
}
