import type { Tool } from "../../core/tool.ts";
import { createFileDelete } from "./delete.ts";
import { createFileEdit } from "./edit.ts";
import { createFileList } from "./list.ts";
import { createFileRead } from "./read.ts";
import { createFileSearch } from "./search.ts";
import { createFileWrite } from "./write.ts";

/** Files in one folder. `workspace` is its absolute path; it is made on first use. */
export function createFileTools(options: { readonly workspace: string }): readonly Tool[] {
  return [
    createFileList(options),
    createFileRead(options),
    createFileSearch(options),
    createFileWrite(options),
    createFileEdit(options),
    createFileDelete(options),
  ];
}
