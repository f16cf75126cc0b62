import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { MessageToClassify, Surroundings } from "../../src/cdc/classification.ts";
import { createClassifier } from "../../src/cdc/classify.ts";
import { readMailSentences } from "./mail-sentences.ts";

const classify = createClassifier();
const surroundings: Surroundings = {
  now: Date.parse("2026-02-25T09:00:00Z"),
  timeZone: "Europe/Berlin",
  ownNames: ["Jo", "Parlance"],
};
const see = (text: string, extra: Omit<MessageToClassify, "text"> = {}, around: Partial<Surroundings> = {}) =>
  classify({ text, ...extra }, { ...surroundings, ...around });
const group = { isGroup: true, isAddressed: false, channel: "slack" };

describe("faults of earlier systems", () => {
  it('do not take "before" for urgent', () => {
    for (const text of [
      "Have we met before?",
      "Read this before you go.",
      "We did it before, and therefore know how.",
      "Before noon is fine.",
    ])
      expect(see(text).priority, text).not.toBe("urgent");
    expect(see("I have seen it before.").deadline).toBeUndefined();
  });

  it.each(["Rebecca Abbott", "Talbot", "Botha", "Abbot", "Robota", "Bott"])("do not take %s for a bot", (name) => {
    expect(see("Can you come?", { sender: { name } })).toMatchObject({ kind: "request", asks: true });
  });

  it.each([
    "deploy-bot",
    "ReleaseBot",
    "Bot",
    "weather bot",
    "dependabot[bot]",
    "No-Reply <noreply@example.org>",
    "mailer-daemon@example.org",
  ])("know %s for a machine", (name) => {
    expect(see("Can you come?", { sender: { name } })).toMatchObject({ kind: "automated", asks: false });
  });

  it("do not say the same of every question", () => {
    const said = ["Where is the key?", "Can you send the key by Friday?", "URGENT: who has the key?"].map((text) =>
      see(text),
    );
    expect(new Set(said.map(({ kind, priority, deadline }) => `${kind} ${priority} ${deadline?.date}`)).size).toBe(3);
    expect(said.every(({ asks, reasons }) => asks && reasons.length > 0)).toBe(true);
  });
});

describe("what is not the sender's own is not judged", () => {
  it.each([
    ["quotes", "> Can you send me the slides?\n> It is urgent!\n\nThey are in the folder."],
    [
      "what is below an answer",
      "They are in the folder.\n\nOn Mon, 2 Mar 2026 at 10:12, Anna <anna@example.org> wrote:\nCan you send me the slides by Friday? Urgent!",
    ],
    [
      "what is below an answer, in German",
      "Liegt im Ordner.\n\nAm 02.03.2026 um 10:12 schrieb Anna:\nKannst du mir die Folien bis Freitag schicken? Dringend!",
    ],
    [
      "what is below an answer, in French",
      "C'est dans le dossier.\n\nLe lun. 2 mars 2026 à 10:12, Anna a écrit :\nPeux-tu m'envoyer ça ? Urgent !",
    ],
    [
      "what is below an answer, in Spanish",
      "Está en la carpeta.\n\nEl lun, 2 mar 2026, Anna escribió:\n¿Me lo puedes enviar? ¡Urgente!",
    ],
    [
      "what was forwarded",
      "FYI, this came in yesterday.\n\n---------- Forwarded message ---------\nFrom: Anna\nCould you reply by Friday? It is urgent.",
    ],
    ["signatures", "The slides are in the folder.\n-- \nAnna Example\nWhat can I do for you? Call me immediately!"],
    ["code", "I changed the loop.\n```\n// TODO urgent: can you fix this by Friday?\n```"],
  ])("%s", (_what, text) => {
    const found = see(text, { channel: "email" });
    expect(found).toMatchObject({ asks: false });
    expect(["low", "normal"]).toContain(found.priority);
    expect(found.deadline).toBeUndefined();
  });

  it("but an answer between quotes is", () => {
    expect(see("> The slides are ready.\n\nGreat, can you send them to me?", { channel: "email" }).asks).toBe(true);
  });
});

describe("whom a message speaks to", () => {
  it.each([
    ["Ben, can you drive?", { name: "Ben" }],
    ["Can you drive, Ben?", { name: "Ben" }],
    ["@ben can you drive?", { name: "ben" }],
    ["Hi Ben, all good here", { name: "Ben" }],
    ["Jo, can you drive?", "me"],
    ["Can anyone drive?", "room"],
    ["Can you drive?", "other"],
    ["Ben kannst du fahren", { name: "Ben" }],
    ["Ben said it rains.", "room"],
    ["Thanks, that helps.", "room"],
  ])("%s", (text, addressee) => {
    expect(see(text, group, { people: ["Ben", "Anna"] }).addressee).toEqual(addressee);
  });

  it("asks nothing of us where others are spoken to, whatever is asked", () => {
    for (const { text, isYes } of readMailSentences())
      if (isYes) expect(see(`@ben ${text}`, group).asks, text).toBe(false);
  });

  it("is us where the platform says so, and in a chat of two", () => {
    expect(see("can you drive?", { ...group, isAddressed: true })).toMatchObject({ addressee: "me", asks: true });
    expect(see("Ben, can you drive?", { channel: "telegram" })).toMatchObject({ addressee: "me", asks: true });
  });
});

describe("how soon", () => {
  it.each([
    ["This is urgent.", "urgent"],
    ["This is not urgent.", "low"],
    ["This isn't urgent.", "low"],
    ["It's not that urgent, really.", "low"],
    ["Nothing urgent.", "low"],
    ["No rush, but the printer is on fire", "urgent"],
    ['He called it "urgent" again.', "normal"],
    ["The insurgents lost.", "normal"],
    ["Das ist nicht so dringend.", "low"],
    ["Das ist sehr dringend.", "urgent"],
    ["Ce n'est vraiment pas urgent.", "low"],
    ["No es nada urgente.", "low"],
    ["An important note for you.", "high"],
  ])("%s", (text, priority) => {
    expect(see(text).priority).toBe(priority);
  });

  it("is soon when little time is left", () => {
    expect(see("Please sign it by tonight.").priority).toBe("high");
    expect(see("Please sign it by Monday.").priority).toBe("normal");
  });
});

describe("asking", () => {
  it.each([
    "Who knows?",
    "Guess what?",
    "She asked me to call you.",
    "Please find attached the minutes.",
    "Danke!",
    "Merci d'avoir appelé.",
    "",
  ])("is not in: %s", (text) => {
    expect(see(text, { channel: "telegram" }).asks).toBe(false);
  });

  it.each([
    "thanks, but could you also look at page two?",
    "Merci d'envoyer le dossier.",
    "Hola, ¿puedes venir?",
    "/help me",
  ])("is in: %s", (text) => {
    expect(see(text, { channel: "telegram" }).asks).toBe(true);
  });

  it("is known in mail of another kind than the model has seen", () => {
    for (const language of ["en", "de", "fr", "es"]) {
      const sentences = readMailSentences().filter((sentence) => sentence.language === language);
      const right = sentences.filter(({ text, isYes }) => see(text, { channel: "email" }).asks === isYes);
      expect(right.length / sentences.length, language).toBeGreaterThanOrEqual(0.9);
    }
  });

  it("is never a machine's", () => {
    for (const { text } of readMailSentences()) expect(see(text, { isAutomated: true }).asks, text).toBe(false);
  });
});

it("survives any text, and says what is in the contract", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "binary", maxLength: 400 }),
      fc.boolean(),
      fc.boolean(),
      (text, isGroup, isAddressed) => {
        const found = see(text, { isGroup, isAddressed });
        expect(found.confidence).toBeGreaterThanOrEqual(0);
        expect(found.confidence).toBeLessThanOrEqual(1);
        expect(found.reasons.every((reason) => reason.length > 0 && reason.length < 300)).toBe(true);
        expect(JSON.parse(JSON.stringify(found))).toEqual(found);
        expect(see(text, { isGroup, isAddressed })).toEqual(found);
      },
    ),
  );
});
