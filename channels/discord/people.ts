import type { APIGuildMember, APIUser } from "discord.js";
import type { Person } from "../../src/core/message.ts";
import { askDiscord, type DiscordApi } from "./rest.ts";

/** Whom we have heard of: Discord's reactions and deletions name ids at most. */
export interface People {
  note(person: Person): void;
  /** Asks Discord for a name that is not known. Throws AppError when it cannot be asked now. */
  find(userId: string, signal: AbortSignal): Promise<Person>;
  noteAuthor(messageId: string, person: Person): void;
  findAuthor(messageId: string): Person | undefined;
}

const maxPeople = 5_000;
const maxAuthors = 5_000;

export function createPeople(api: DiscordApi, channel: string): People {
  const people = new Map<string, Person>();
  const authors = new Map<string, Person>();

  function note(person: Person): void {
    put(people, person.id, person, maxPeople);
  }

  return {
    note,
    async find(userId, signal) {
      const id = `${channel}:${userId}`;
      const known = people.get(id);
      if (known !== undefined) return known;
      const answer = await askDiscord(api, { method: "GET", path: `/users/${userId}`, effect: "read", signal });
      const person = answer.ok
        ? parsePerson(answer.result as APIUser, undefined, channel)
        : { id, name: userId, isBot: false };
      note(person);
      return person;
    },
    noteAuthor(messageId, person) {
      note(person);
      put(authors, messageId, person, maxAuthors);
    },
    findAuthor: (messageId) => authors.get(messageId),
  };
}

/** Called as in the place where they speak: the name in the server, else the chosen one. */
export function parsePerson(
  user: Pick<APIUser, "id" | "username" | "global_name" | "bot">,
  member: Pick<APIGuildMember, "nick"> | undefined,
  channel: string,
): Person {
  const name = [member?.nick, user.global_name, user.username].find((each) => (each ?? "") !== "");
  return { id: `${channel}:${user.id}`, name: name ?? user.id, isBot: user.bot === true };
}

function put<T>(map: Map<string, T>, key: string, value: T, size: number): void {
  // Deleting first keeps the map in order of use.
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > size && oldest !== undefined) map.delete(oldest);
}
