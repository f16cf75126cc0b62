/** The run is not to go on here, for a reason that has nothing to do with its steps. */
export class Halt extends Error {
  readonly why: "pause" | "cancel" | "aborted";

  constructor(why: "pause" | "cancel" | "aborted") {
    super(`halted: ${why}`);
    this.name = "Halt";
    this.why = why;
  }
}

/** A step failed for good, and nothing around it says to go on. */
export class StepFailed extends Error {
  readonly path: string;

  constructor(path: string, message: string) {
    super(message);
    this.name = "StepFailed";
    this.path = path;
  }
}
