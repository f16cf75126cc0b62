import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findCronFault, nextSlot } from "../../../src/scheduler/triggers/cron.ts";
import { findUneven, parseWhen } from "../../../src/scheduler/triggers/natural/parse-when.ts";

const timeZone = "Europe/Berlin";
/** A Thursday, seven in the evening in Berlin. */
const now = Date.parse("2026-11-26T18:00:00Z");

const again: ReadonlyArray<readonly [phrase: string, cron: string]> = [
  ["every weekday at nine", "0 9 * * 1-5"],
  ["Every weekday at 9am", "0 9 * * 1-5"],
  ["at nine every weekday", "0 9 * * 1-5"],
  ["each monday 8:30", "30 8 * * 1"],
  ["every Monday and Thursday at 18:15", "15 18 * * 1,4"],
  ["on mondays, wednesdays and fridays at noon", "0 12 * * 1,3,5"],
  ["every mon, wed and fri at 7 pm", "0 19 * * 1,3,5"],
  ["monday to friday at half past eight", "30 8 * * 1-5"],
  ["every day at 9:30 p.m.", "30 21 * * *"],
  ["daily", "0 9 * * *"],
  ["every morning", "0 8 * * *"],
  ["every evening at 7", "0 19 * * *"],
  ["every night at half past ten", "30 22 * * *"],
  ["every weekend at 10 o'clock", "0 10 * * 0,6"],
  ["every 2 hours", "0 */2 * * *"],
  ["every three hours on weekdays", "0 */3 * * 1-5"],
  ["every hour", "0 * * * *"],
  ["hourly from 9 to 17 on weekdays", "0 9-17 * * 1-5"],
  ["every 15 minutes", "*/15 * * * *"],
  ["friday to monday at nine", "0 9 * * 5-7,1-1"],
  ["from saturday to tuesday at nine", "0 9 * * 6-7,1-2"],
  ["every half hour", "*/30 * * * *"],
  ["every minute", "* * * * *"],
  ["on the first of the month at noon", "0 12 1 * *"],
  ["on the 15th of every month at 8", "0 8 15 * *"],
  ["every month on the 3rd at a quarter to nine", "45 8 3 * *"],
  ["on the last day of the month at 17:00", "0 17 L * *"],
  ["the last weekday of every month at 4pm", "0 16 LW * *"],
  ["on the first monday of the month at 9", "0 9 * * 1#1"],
  ["every last friday of the month at quarter past three in the afternoon", "15 15 * * 5L"],
  ["weekly on friday at 16:00", "0 16 * * 5"],
  ["weekly", "0 9 * * 1"],
  ["monthly at midnight", "0 0 1 * *"],
  ["every year on 24 December at 18:00", "0 18 24 12 *"],

  ["jeden Werktag um neun", "0 9 * * 1-5"],
  ["werktags um 9 Uhr", "0 9 * * 1-5"],
  ["jeden Montag um 8:30", "30 8 * * 1"],
  ["montags und donnerstags um 18 Uhr 15", "15 18 * * 1,4"],
  ["Montag bis Freitag um halb neun", "30 8 * * 1-5"],
  ["täglich um Viertel vor acht", "45 7 * * *"],
  ["jeden Morgen", "0 8 * * *"],
  ["jeden Abend um 7", "0 19 * * *"],
  ["jeden Tag um 8 Uhr abends", "0 20 * * *"],
  ["am Wochenende um 10 Uhr", "0 10 * * 0,6"],
  ["alle zwei Stunden", "0 */2 * * *"],
  ["alle 10 Minuten", "*/10 * * * *"],
  ["jede halbe Stunde von 9 bis 17 Uhr werktags", "*/30 9-17 * * 1-5"],
  ["stündlich", "0 * * * *"],
  ["am Ersten des Monats um 12 Uhr", "0 12 1 * *"],
  ["am 15. jedes Monats um 8.30 Uhr", "30 8 15 * *"],
  ["am letzten Tag des Monats mittags", "0 12 L * *"],
  ["jeden ersten Montag im Monat um neun", "0 9 * * 1#1"],
  ["am letzten Freitag des Monats um 16 Uhr", "0 16 * * 5L"],
  ["jedes Jahr am 24.12. um 18 Uhr", "0 18 24 12 *"],

  ["chaque jour ouvré à 9h", "0 9 * * 1-5"],
  ["tous les lundis à 8h30", "30 8 * * 1"],
  ["le lundi et le jeudi à 18 h 15", "15 18 * * 1,4"],
  ["du lundi au vendredi à huit heures et demie", "30 8 * * 1-5"],
  ["tous les jours à 21h30", "30 21 * * *"],
  ["chaque matin", "0 8 * * *"],
  ["tous les soirs à 7 heures", "0 19 * * *"],
  ["tous les jours à 8 heures du soir", "0 20 * * *"],
  ["toutes les deux heures", "0 */2 * * *"],
  ["toutes les 15 minutes", "*/15 * * * *"],
  ["toutes les heures de 9h à 17h en semaine", "0 9-17 * * 1-5"],
  ["chaque week-end à midi", "0 12 * * 0,6"],
  ["le premier du mois à midi", "0 12 1 * *"],
  ["le 15 de chaque mois à 8h", "0 8 15 * *"],
  ["le dernier jour du mois à 17h", "0 17 L * *"],
  ["le premier lundi du mois à 9h", "0 9 * * 1#1"],
  ["le dernier vendredi de chaque mois à dix heures moins le quart", "45 9 * * 5L"],

  ["cada día laborable a las nueve", "0 9 * * 1-5"],
  ["todos los lunes a las 8:30", "30 8 * * 1"],
  ["los lunes y los jueves a las 18:15", "15 18 * * 1,4"],
  ["de lunes a viernes a las ocho y media", "30 8 * * 1-5"],
  ["todos los días a las 9 de la noche", "0 21 * * *"],
  ["cada mañana", "0 8 * * *"],
  ["cada tarde a la una", "0 13 * * *"],
  ["cada dos horas", "0 */2 * * *"],
  ["cada 15 minutos", "*/15 * * * *"],
  ["cada hora de 9 a 17 entre semana", "0 9-17 * * 1-5"],
  ["los fines de semana al mediodía", "0 12 * * 0,6"],
  ["el primero del mes a mediodía", "0 12 1 * *"],
  ["el día 15 de cada mes a las 8", "0 8 15 * *"],
  ["el último día del mes a las 17:00", "0 17 L * *"],
  ["el primer lunes del mes a las 9", "0 9 * * 1#1"],
  ["el último viernes de cada mes a las diez menos cuarto", "45 9 * * 5L"],
];

const once: ReadonlyArray<readonly [phrase: string, at: string]> = [
  ["tomorrow at 7", "2026-11-27T07:00"],
  ["tomorrow evening at 7", "2026-11-27T19:00"],
  ["the day after tomorrow", "2026-11-28T09:00"],
  ["today at 22:00", "2026-11-26T22:00"],
  ["tonight at 10", "2026-11-26T22:00"],
  ["at 6", "2026-11-27T06:00"],
  ["in 20 minutes", "2026-11-26T19:20"],
  ["in an hour", "2026-11-26T20:00"],
  ["in 3 days at noon", "2026-11-29T12:00"],
  ["on friday at 10", "2026-11-27T10:00"],
  ["next monday at half past nine", "2026-11-30T09:30"],
  ["sunday at 11am", "2026-11-29T11:00"],
  ["on 24 December at 18:00", "2026-12-24T18:00"],
  ["on March 3rd, 2027 at 9", "2027-03-03T09:00"],
  ["2027-02-01 at 8:00", "2027-02-01T08:00"],
  ["morgen um 7", "2026-11-27T07:00"],
  ["morgen früh um 6", "2026-11-27T06:00"],
  ["übermorgen um halb zehn", "2026-11-28T09:30"],
  ["heute Abend um 10", "2026-11-26T22:00"],
  ["in einer Stunde", "2026-11-26T20:00"],
  ["am Freitag um 10 Uhr", "2026-11-27T10:00"],
  ["nächsten Montag um 9", "2026-11-30T09:00"],
  ["am 24.12. um 18 Uhr", "2026-12-24T18:00"],
  ["am 3. März 2027 um 9 Uhr", "2027-03-03T09:00"],
  ["demain à 7h", "2026-11-27T07:00"],
  ["après-demain à midi", "2026-11-28T12:00"],
  ["ce soir à 22h", "2026-11-26T22:00"],
  ["dans 20 minutes", "2026-11-26T19:20"],
  ["lundi prochain à 9h", "2026-11-30T09:00"],
  ["vendredi à 10h", "2026-11-27T10:00"],
  ["le 24 décembre à 18h", "2026-12-24T18:00"],
  ["mañana a las 7", "2026-11-27T07:00"],
  ["mañana por la tarde a las 7", "2026-11-27T19:00"],
  ["pasado mañana a mediodía", "2026-11-28T12:00"],
  ["esta noche a las 10", "2026-11-26T22:00"],
  ["dentro de 20 minutos", "2026-11-26T19:20"],
  ["el próximo lunes a las 9", "2026-11-30T09:00"],
  ["el viernes a las 10", "2026-11-27T10:00"],
  ["el 24 de diciembre a las 18:00", "2026-12-24T18:00"],
];

describe("again and again", () => {
  it.each(again)("%s", (phrase, cron) => {
    expect(parseWhen(phrase, timeZone, now)).toEqual({ cron, timeZone, restOfText: "" });
    expect(findCronFault(cron, timeZone)).toBeUndefined();
  });
});

describe("once", () => {
  // Berlin is an hour ahead all through this table.
  it.each(once)("%s", (phrase, at) => {
    expect(parseWhen(phrase, timeZone, now)).toEqual({ at: Date.parse(`${at}+01:00`), timeZone, restOfText: "" });
  });
});

describe("what is to be done", () => {
  it.each([
    ["every weekday at nine tell me what I missed", "tell me what I missed"],
    ["tell me what I missed, every weekday at nine", "tell me what I missed"],
    ["Every weekday at nine: tell me what I missed.", "tell me what I missed."],
    ["remind me tomorrow at 7 to call Ada", "remind me to call Ada"],
    ["jeden Werktag um neun sag mir, was ich verpasst habe", "sag mir, was ich verpasst habe"],
    ["erinnere mich morgen um 7 an die Wäsche", "erinnere mich an die Wäsche"],
    ["chaque lundi à 9h30, fais le point", "fais le point"],
    ["dime qué me he perdido cada día laborable a las nueve", "dime qué me he perdido"],
    ["every monday at 9 tell me what happens tomorrow", "tell me what happens tomorrow"],
  ])("%s", (text, rest) => {
    expect(parseWhen(text, timeZone, now)?.restOfText).toBe(rest);
  });
});

describe("no time", () => {
  it.each([
    "",
    "good morning",
    "guten Tag",
    "what did Monday bring?",
    "there are 9 of them",
    "I have 2 hours",
    "version 9.30 is out",
    "every 7 minutes",
    "every 90 minutes",
    "every 5 hours",
    "every 0 minutes",
    "every other day at 9",
    "every 2 weeks at 9",
    "every second monday at 9",
    "jeden zweiten Tag um 9 Uhr",
    "alle zwei Wochen um 9 Uhr",
    "tous les deux jours à 9h",
    "cada dos días a las 9",
    "every day at 25:00",
    "at 9:75",
    "on the 32nd of the month",
    "on 31 April at 9",
    "today at 7",
    "on 1 January 2020 at 9",
    "between 9 and 17",
    "x".repeat(5_000),
  ])("%s", (text) => {
    expect(parseWhen(text, timeZone, now)).toBeUndefined();
  });
});

describe("what cron cannot count is known, and never becomes another time", () => {
  it.each([
    "every other day at 8",
    "every second Friday at 10",
    "every two weeks on Monday at 9",
    "every other weekend at 10",
    "every other weekday at 9",
    "every other Friday at 10",
    "every second morning",
    "every other week on Monday at 9",
    "biweekly on Monday at 9",
    "every 3 days at 8",
    "on alternate days at 8",
    "every two months on the 1st at 9",
    "jeden zweiten Tag um 8",
    "jeden zweiten Freitag um 10",
    "alle zwei Wochen am Montag um 9",
    "alle zwei Wochen montags um 9",
    "jedes zweite Wochenende um 10",
    "jeden zweiten Werktag um 9",
    "alle 14 Tage um 9",
    "jeden anderen Tag um 8",
    "jede zweite Woche am Montag um 9",
    "vierzehntägig montags um 9",
    "zweiwöchentlich am Montag um 9",
    "jeden zweiten Morgen um 7",
    "am zweiten Freitag um 10",
    "tous les deux jours à 8h",
    "un jour sur deux à 8h",
    "un vendredi sur deux à 10h",
    "tous les deux vendredis à 10h",
    "toutes les deux semaines le lundi à 9h",
    "une semaine sur deux le lundi à 9h",
    "tous les quinze jours à 9h",
    "un week-end sur deux à 10h",
    "un matin sur deux à 7h",
    "un lundi sur trois à 9h",
    "cada dos días a las 8",
    "un día sí y otro no a las 8",
    "cada dos viernes a las 10",
    "un viernes sí y otro no a las 10",
    "cada dos semanas el lunes a las 9",
    "cada quince días a las 9",
    "quincenalmente a las 9",
    "cada dos fines de semana a las 10",
    "cada segundo viernes a las 10",
    "un lunes de cada dos a las 9",
    "cada otro día a las 8",
    "every other day 8:00 tell me",
    "un vendredi sur deux 10:00",
  ])("%s", (text) => {
    expect(parseWhen(text, timeZone, now)).toBeUndefined();
    expect(findUneven(text, timeZone, now)).toBeDefined();
  });

  it("is told from what is done by the month, and from talk", () => {
    for (const text of ["every first friday of the month at 9", "every second counts at 9", "every 2 hours"])
      expect(findUneven(text, timeZone, now)).toBeUndefined();
    expect(findUneven("every other day at 8 tell me the news", timeZone, now)).toEqual({
      restOfText: "tell me the news",
    });
  });
});

describe("clock changes", () => {
  it("find the time that there is", () => {
    const before = Date.parse("2026-03-28T12:00:00Z");
    expect(parseWhen("tomorrow at 2:30", timeZone, before)).toMatchObject({ at: Date.parse("2026-03-29T01:00Z") });
  });

  it("go by the date of the owner's zone", () => {
    const late = Date.parse("2026-11-26T23:30:00Z");
    expect(parseWhen("tomorrow at 7", "Europe/Berlin", late)).toMatchObject({ at: Date.parse("2026-11-28T06:00Z") });
    expect(parseWhen("tomorrow at 7", "America/New_York", late)).toMatchObject({ at: Date.parse("2026-11-27T12:00Z") });
  });
});

describe("whatever is written", () => {
  const pieces = [...again, ...once].flatMap(([phrase]) => phrase.split(" "));
  const text = fc.oneof(
    fc.string({ unit: "grapheme" }),
    fc.array(fc.constantFrom(...pieces), { maxLength: 14 }).map((words) => words.join(" ")),
  );

  it("gives a schedule that can be kept, or none", () => {
    fc.assert(
      fc.property(text, (written) => {
        const when = parseWhen(written, timeZone, now);
        if (when === undefined) return;
        expect(when.restOfText.length).toBeLessThan(written.normalize("NFC").length);
        if ("at" in when) expect(when.at).toBeGreaterThanOrEqual(now);
        else expect(nextSlot(when.cron, timeZone, now)).toBeDefined();
      }),
      { numRuns: 1_000 },
    );
  });

  it("is read in a bounded time", () => {
    const long = "at 9 to 5 on the first of monday ".repeat(60).slice(0, 1_000);
    const began = performance.now();
    parseWhen(long, timeZone, now);
    expect(performance.now() - began).toBeLessThan(2_000);
  });
});
