import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import fc from "fast-check";
import { expect, it } from "vitest";
import { encodeForm } from "../../../channels/_shared/multipart.ts";

const entry = fc.record({
  name: fc.string({ minLength: 1, maxLength: 20, unit: "binary" }),
  content: fc.uint8Array({ maxLength: 200 }),
});

it("is read by others as it was meant, whatever people call their files, and is as long as it says", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(entry, { maxLength: 3 }), fc.string(), async (entries, value) => {
      const files = entries.map(({ name, content }, index) => ({
        field: `file${index}`,
        name,
        mimeType: "image/png",
        bytes: content.length,
        content: Readable.from([Buffer.from(content)]),
      }));
      const { headers, body } = encodeForm([{ name: "words", value, mimeType: "text/plain" }], files);
      const encoded = await buffer(body);
      expect(encoded.length).toBe(Number(headers["content-length"]));
      // oxlint-disable-next-line typescript/no-deprecated -- a body of our own, of a few hundred bytes
      const form = await new Response(encoded, { headers }).formData();
      expect(form.get("words")).toBe(value.toWellFormed());
      expect([...form.keys()]).toEqual(["words", ...files.map(({ field }) => field)]);
      for (const [index, { content }] of entries.entries()) {
        const file = form.get(`file${index}`) as File;
        expect(file.type).toBe("image/png");
        expect(new Uint8Array(await file.arrayBuffer())).toEqual(content);
      }
    }),
  );
});
