export interface SnoozeChoice {
  readonly label: string;
  readonly until: number;
}

const morningHour = 8;

/** When a draft can be shown again, in the reader's own time zone. */
export function listSnoozeTimes(now: number): readonly SnoozeChoice[] {
  const tomorrow = new Date(now);
  tomorrow.setDate(tomorrow.getDate() + 1);
  tomorrow.setHours(morningHour, 0, 0, 0);
  const monday = new Date(now);
  monday.setDate(monday.getDate() + ((8 - monday.getDay()) % 7 || 7));
  monday.setHours(morningHour, 0, 0, 0);
  return [
    { label: "In an hour", until: now + 3_600_000 },
    { label: "Tomorrow", until: tomorrow.getTime() },
    { label: "Next week", until: monday.getTime() },
  ];
}
