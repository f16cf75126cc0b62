import { readFile, writeFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { platforms } from "../../channels/index.ts";
import { formats } from "./formats.ts";

/*
 * What each platform makes of one document with all that CommonMark has. After a change that is meant:
 *     UPDATE_GOLDEN=1 npx vitest run tests/golden
 * and look at the difference as a user of that platform would.
 */
const isUpdate = process.env["UPDATE_GOLDEN"] === "1";
const fileOf = (name: string): URL => new URL(`${name}.txt`, import.meta.url);

it("has a golden file for each platform", () => {
  expect(Object.keys(formats).toSorted()).toEqual(Object.keys(platforms).toSorted());
});

it.each(Object.keys(formats))("shows the document on %s as it did", async (platform) => {
  const text = await readFile(fileOf("document"), "utf8");
  const shown = `${await formats[platform]?.show(text)}\n`;
  if (isUpdate) await writeFile(fileOf(platform), shown);
  expect(shown).toBe(await readFile(fileOf(platform), "utf8"));
});
