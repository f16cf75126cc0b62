import { Hono } from "hono";
import { AppError } from "../../core/errors.ts";

/** Open promises and follow-ups as a calendar file. Absent: there is none here. */
export type LoadCalendar = () => Promise<string>;

/** The owner's promises and follow-ups, for programs that show calendars: GET /api/calendar.ics. */
export function createCalendar(load: LoadCalendar | undefined): Hono {
  const app = new Hono();
  app.get("/api/calendar.ics", async (context) => {
    if (load === undefined) throw new AppError("not-found", "There is no calendar here.");
    return context.body(await load(), 200, {
      "content-type": "text/calendar; charset=utf-8",
      "content-disposition": 'inline; filename="parlance.ics"',
      "cache-control": "no-store",
    });
  });
  return app;
}
