// A process to look at from outside: one fact after the other, each said aloud once the journal calls it durable.
import { writeSync } from "node:fs";
import { openJournal } from "#db/journal/open.ts";
import { silentLog } from "#src/kit/log.ts";
import { Story, durable } from "./recording.ts";

const journal = await openJournal({ folder: process.argv[2]!, log: silentLog });
const story = new Story();
for (let i = 0; i < 20; i++) {
  const fact = story.batch({ 1: i });
  const stored = durable(journal, fact.seq);
  journal.fact(fact);
  await stored;
  writeSync(1, `durable ${fact.seq}\n`);
}
await journal.close();
