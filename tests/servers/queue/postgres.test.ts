import { describeQueue } from "../../contracts/queue.ts";
import { startPostgres } from "../postgres/start.ts";
import { createPostgresEmptier, createServerHarness } from "./harness.ts";

describeQueue("BullMQ on PostgreSQL", createServerHarness("postgres", startPostgres, createPostgresEmptier()));
