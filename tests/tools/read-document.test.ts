import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { createDocumentReader } from "../../src/documents/index.ts";
import { createFileStore } from "../../src/store/files.ts";
import { createReadDocument, pickPages } from "../../src/tools/documents/read-document.ts";
import { createToolContext, testTool } from "../contracts/tool.ts";

const home = mkdtempSync(join(tmpdir(), "parlance-documents-"));
afterAll(() => rmSync(home, { recursive: true, force: true }));
const workspace = join(home, "workspace");
mkdirSync(workspace);
const letter = readFileSync(new URL("../fixtures/documents/letter.docx", import.meta.url));
writeFileSync(join(workspace, "letter.docx"), letter);
writeFileSync(join(workspace, "long.txt"), "x\u200b".repeat(60_000));

const files = createFileStore(home, { maxBytes: () => 1_000_000 });
async function* bytes() {
  yield await Promise.resolve(readFileSync(new URL("../fixtures/documents/costs.xlsx", import.meta.url)));
}
const costs = await files.save(bytes(), {
  name: "Costs 2030.xlsx",
  mimeType: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
});
const create = () =>
  createReadDocument({
    workspace,
    readDocument: createDocumentReader(),
    attachments: (conversation) => Promise.resolve(conversation === "chat/room" ? [costs] : []),
    openFile: (attachment) => files.open(attachment),
    cleanText: (text) => text.replaceAll("\u200b", ""),
  });
const run = async (input: object, conversation = "chat/room") =>
  create().run(input, createToolContext({ conversation }));

testTool("read_document", {
  create,
  good: [{ file: "letter.docx" }, { file: "Costs 2030.xlsx" }, { file: "long.txt", maxChars: 40_000 }],
  refused: [
    { file: "../x.pdf" },
    { file: "none.pdf" },
    { file: "letter.docx", pages: "first" },
    { file: "letter.docx", pages: "3-9" },
  ],
});

describe("read_document", () => {
  it("reads files of the workspace, page by page, as text from outside", async () => {
    expect(await run({ file: "letter.docx", pages: "2" })).toEqual({
      text: "[Hand-over notes: 2 pages]\n[Page 2]\nSecond page: call the harbour office first.",
      isOutside: true,
    });
    expect((await run({ file: "letter.docx" })).text).toMatch(/\[Page 1\]\nHand-over[\s\S]*\[Page 2\]/);
  });

  it("reads attachments of this conversation and of no other", async () => {
    expect((await run({ file: "costs 2030.XLSX" })).text).toContain("[Sheet costs]\nItem\tAmount\tDue");
    await expect(run({ file: "Costs 2030.xlsx" }, "chat/other")).rejects.toMatchObject({ code: "not-found" });
  });

  it("cuts, and takes out what nobody sees", async () => {
    const { text } = await run({ file: "long.txt", maxChars: 300 });
    expect(text).toMatch(/^\[long\.txt: 1 page\]\n\[Text\]\nx+\n\[cut: \d+ more characters; ask for later pages\]$/);
  });
});

describe("pickPages", () => {
  const pages = ["a", "b", "c", "d"].map((label) => ({ label, text: "" }));
  it.each([
    ["1", "a"],
    ["2-3", "bc"],
    [" 1 , 4 ", "ad"],
    ["3–9", "cd"],
    ["3-2, 1", "a"],
  ])("%s is %s", (wanted, labels) => {
    expect(
      pickPages(pages, wanted)
        .map(({ label }) => label)
        .join(""),
    ).toBe(labels);
  });
});
