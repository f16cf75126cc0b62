/** What a pull is doing, for whoever looks on. Told at each piece of data: the listener draws as often as it likes. */
export type PullProgress =
  /** Another process is at it; its own progress, where it is known. */
  | { readonly phase: "waiting"; readonly pid: number | undefined; readonly of: FileProgress | undefined }
  /** What is on disk already is read and hashed. */
  | ({ readonly phase: "checking" } & FileProgress)
  | ({ readonly phase: "loading" } & FileProgress)
  | ({ readonly phase: "retrying"; readonly reason: string; readonly waitMs: number } & FileProgress);

export interface FileProgress {
  readonly file: string;
  readonly doneBytes: number;
  readonly totalBytes: number | undefined;
}
