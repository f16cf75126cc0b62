import { readFile } from "node:fs/promises";
import { deflateSync } from "node:zlib";
import { strToU8, zipSync } from "fflate";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createDocumentReader } from "../../src/documents/index.ts";

const read = createDocumentReader();
const load = (name: string) => readFile(new URL(`../fixtures/documents/${name}`, import.meta.url));
const text = (value: string) => Buffer.from(value, "utf8");
const office = (parts: Record<string, string>) =>
  zipSync(Object.fromEntries(Object.entries(parts).map(([name, xml]) => [name, strToU8(xml)])));
const book = (sheet: string) =>
  office({
    "xl/workbook.xml": `<workbook><sheets><sheet name="A &amp; B" r:id="r1"/></sheets></workbook>`,
    "xl/_rels/workbook.xml.rels": `<Relationships><Relationship Id="r1" Type="x/worksheet" Target="/xl/s.xml"/></Relationships>`,
    "xl/sharedStrings.xml": `<sst><si><r><t>two </t></r><r><t>parts</t></r><rPh><t>no</t></rPh></si></sst>`,
    "xl/styles.xml": `<styleSheet><numFmts><numFmt numFmtId="170" formatCode="[Red]&quot;days&quot; 0"/></numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="22"/><xf numFmtId="170"/></cellXfs></styleSheet>`,
    "xl/s.xml": `<worksheet><sheetData>${sheet}</sheetData></worksheet>`,
  });

// Written by LibreOffice from the same page, table and slides.
describe("files of office programs", () => {
  it.each(["letter.docx", "letter.odt", "letter.pdf"])("%s: pages, tables, title", async (name) => {
    const { title, pages, isCut } = await read(await load(name), "", name);
    expect(title).toBe("Hand-over notes");
    expect(pages.map(({ label }) => label)).toEqual(["Page 1", "Page 2"]);
    expect(pages[0]?.text).toMatch(
      /^Hand-over\nThe night shift starts at 22:00 & ends at six\.\nRoom (\| )?Key\nEast wing (\| )?K-17$/,
    );
    expect(pages[1]?.text).toBe("Second page: call the harbour office first.");
    expect(isCut).toBe(false);
  });

  it.each(["costs.xlsx", "costs.ods"])("%s: sheets, rows, dates", async (name) => {
    expect((await read(await load(name), "application/octet-stream", name)).pages).toEqual([
      { label: "Sheet costs", text: 'Item\tAmount\tDue\nRope\t12.5\t2030-02-14\nPaint "blue"\t3\t2030-03-01' },
    ]);
  });

  it.each(["slides.pptx", "slides.odp"])("%s: slides in order, with notes", async (name) => {
    const { pages } = await read(await load(name), "", name);
    expect(pages.map(({ label }) => label)).toEqual(["Slide 1", "Slide 2"]);
    expect(pages[0]?.text).toMatch(/^Harbour plan\nThree berths & one crane\n[\s\S]*Mention the tide$/);
    expect(pages[1]?.text).toBe("Costs come last");
  });
});

describe("Excel", () => {
  it("keeps columns, joins text, tells dates from numbers", async () => {
    const row = `<row><c r="A1" t="s"><v>0</v></c><c r="C1" s="1"><v>43831.75</v></c><c r="D1" s="2"><v>43831</v></c><c t="b"><v>1</v></c><c t="inlineStr"><is><t>in line</t></is></c></row>`;
    expect((await read(book(row), "", "a")).pages).toEqual([
      { label: "Sheet A & B", text: "two parts\t\t2020-01-01 18:00\t43831\ttrue\tin line" },
    ]);
  });

  it("leaves out what stands far to the right, and says so", async () => {
    const result = await read(book(`<row><c r="A1"><v>1</v></c><c r="XFD1"><v>2</v></c></row>`), "", "a");
    expect(result).toMatchObject({ isCut: true, pages: [{ text: "1" }] });
  });
});

describe("web pages", () => {
  const sentence = "The crane was built in the harbour, by hand, over two winters, and it still turns. ";
  const paragraphs = Array.from({ length: 8 }, (_, index) => `<p>${index}. ${sentence.repeat(3)}</p>`).join("");
  const frame = (inner: string) =>
    `<!doctype html><html><head><title>The crane</title></head><body><div class="menu"><a href="/1">Shop</a><a href="/2">Prices</a></div>${inner}<div class="sidebar"><p>Read also: ten ropes</p></div><footer>All rights</footer></body></html>`;

  it("reads an article without what stands around it", async () => {
    const { title, pages } = await read(
      text(frame(`<article><h1>A crane</h1>${paragraphs}</article>`)),
      "text/html",
      "",
    );
    expect(title).toBe("The crane");
    expect(pages[0]?.text).toContain("7. The crane was built");
    expect(pages[0]?.text).not.toMatch(/Shop|Prices|ten ropes|All rights/);
  });

  it("reads a page that is no article whole", async () => {
    const { pages } = await read(text(frame("<ul><li>Berth 1: free</li><li>Berth 2: taken</li></ul>")), "", "a.html");
    for (const words of ["Shop", "Berth 1: free", "ten ropes", "All rights"]) expect(pages[0]?.text).toContain(words);
  });

  it("reads other charsets, and pages nested beyond sense", async () => {
    const latin = Buffer.from(`<html><meta charset="windows-1252"><p>f\xfcr`, "latin1");
    expect((await read(latin, "text/html", "")).pages[0]?.text).toBe("für");
    const deep = `<html><body>${"<div>".repeat(50_000)}${paragraphs}`;
    const impatient = createDocumentReader({ timeoutMs: 2000 });
    expect((await impatient(text(deep), "text/html", "")).pages[0]?.text).toContain("0. The crane");
  });
});

describe("plain text", () => {
  it("comes in pages of 200 lines", async () => {
    const lines = Array.from({ length: 401 }, (_, index) => `line ${index + 1}`);
    const { pages } = await read(text(lines.join("\r\n")), "text/plain", "log.txt");
    expect(pages.map(({ label }) => label)).toEqual(["Lines 1-200", "Lines 201-400", "Lines 401-401"]);
    expect(pages[2]?.text).toBe("line 401");
    expect((await read(Buffer.from("\ufeffö", "utf16le"), "text/plain", "a")).pages[0]?.text).toBe("ö");
  });

  it("is cut where it is too long, and says so", async () => {
    const { pages, isCut } = await read(text("x".repeat(2_100_000)), "", "a.txt");
    expect(isCut).toBe(true);
    expect(pages[0]?.text).toHaveLength(2_000_000);
  });
});

describe("what cannot be read", () => {
  it.each([
    ["a program", Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 0, 0])],
    ["an old Word file", Buffer.from([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1])],
    ["a damaged PDF", text("%PDF-1.7 nothing of the kind")],
    ["half an archive", Buffer.from("PK\u0003\u0004 half of one")],
    ["an archive of something else", office({ "a.txt": "hello" })],
  ])("%s is refused with a sentence", async (_, bytes) => {
    await expect(read(bytes, "application/pdf", "x.pdf")).rejects.toMatchObject({ code: "unsupported" });
  });

  it("stops at what unfolds into too much", async () => {
    const small = Buffer.from(office({ "word/document.xml": "<p/>" }));
    small.writeUInt32LE(200 * 1_048_576, small.indexOf("PK\u0001\u0002") + 24);
    await expect(read(small, "", "a.docx")).rejects.toMatchObject({ code: "too-large" });
  });

  // A PDF of 200 KB that draws 200 MB of nothing.
  it("stops what takes too long or too much memory, and what nobody waits for any more", async () => {
    const bomb = makePdf(deflateSync(Buffer.alloc(200 * 1_048_576, " "), { level: 1 }));
    await expect(createDocumentReader({ memoryMb: 64 })(bomb, "", "")).rejects.toMatchObject({ code: "too-large" });
    const cells = `<c><v>1</v></c>`.repeat(100);
    const long = book(`<row>${cells}</row>`.repeat(20_000));
    await expect(createDocumentReader({ timeoutMs: 500 })(long, "", "")).rejects.toMatchObject({ code: "timeout" });
    const signal = AbortSignal.timeout(200);
    await expect(read(long, "", "", { signal })).rejects.toMatchObject({ code: "aborted" });
  });

  it("never fails in any other way", async () => {
    const heads = fc.constantFrom("%PDF-1.4\n", "PK\u0003\u0004", "<html>", "");
    await fc.assert(
      fc.asyncProperty(heads, fc.uint8Array({ maxLength: 300 }), async (head, rest) => {
        const bytes = Buffer.concat([Buffer.from(head, "latin1"), rest]);
        const result = await read(bytes, "text/plain", "x").catch((error: unknown) => error);
        if (result instanceof Error) expect(result).toMatchObject({ name: "AppError", code: "unsupported" });
        else expect(result).toMatchObject({ isCut: false });
      }),
      { numRuns: 10 },
    );
  });

  it("reads as many at a time as it may, keeps some waiting, and turns the others away", async () => {
    const one = await load("letter.docx");
    const busy = createDocumentReader({ atOnce: 1, mostWaiting: 2 });
    const all = await Promise.allSettled(Array.from({ length: 5 }, () => busy(one, "", "letter.docx")));
    expect(all.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "fulfilled", "rejected", "rejected"]);
    expect((await busy(one, "", "letter.docx")).title).toBe("Hand-over notes");
  });
});

function makePdf(packed: Uint8Array): Buffer {
  const parts = [
    "<< /Type /Catalog /Pages 2 0 R >>",
    "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R >>",
    `<< /Length ${packed.length} /Filter /FlateDecode >>\nstream\n${Buffer.from(packed).toString("latin1")}\nendstream`,
  ].map((part, index) => `${index + 1} 0 obj\n${part}\nendobj\n`);
  return Buffer.from(`%PDF-1.4\n${parts.join("")}trailer << /Size 5 /Root 1 0 R >>\n%%EOF`, "latin1");
}
