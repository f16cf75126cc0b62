const weekdays = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const spoken = /^(?<every>hourly|daily|weekly)(?: +(?<weekday>[a-z]{3,9}))?(?: +(?<hour>\d{1,2}):(?<minute>\d\d))?$/i;

/**
 * The cron pattern of a digest's `when`: "hourly", "daily 08:00", "weekly mon 08:00", or a pattern, which stays as it
 * is. Without a time it is 8:00, without a weekday Monday. Undefined: it names a day or a time that there is not.
 */
export function parseDigestWhen(when: string): string | undefined {
  const { every, weekday, hour = "8", minute = "0" } = spoken.exec(when.trim())?.groups ?? {};
  if (every === undefined) return when.trim();
  const day = weekdays.indexOf((weekday ?? "monday").toLowerCase().slice(0, 3));
  if (day === -1 || Number(hour) > 23 || Number(minute) > 59) return undefined;
  const time = `${Number(minute)} ${Number(hour)}`;
  if (every.toLowerCase() === "weekly") return `${time} * * ${day}`;
  if (weekday !== undefined) return undefined;
  return every.toLowerCase() === "daily" ? `${time} * * *` : "0 * * * *";
}
