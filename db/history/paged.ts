import type { Client } from "../database/connect.ts";
import { exact } from "./exact.ts";

/** Rows of one answer: large enough that asking costs nothing, small enough that a million rows never stand in memory. */
const rowsAtOnce = 5_000;

/** A query's rows page by page, through a cursor on the server; the next page is on its way while one is worked on. */
export async function* paged<Row>(client: Client, sql: string, values: readonly unknown[], limit: number): AsyncGenerator<readonly Row[]> {
  await client.query("BEGIN READ ONLY");
  let asked: Promise<{ rows: Row[] }> | undefined;
  try {
    await client.query(`DECLARE rows NO SCROLL CURSOR FOR ${sql} LIMIT ${limit}`, [...values]);
    const fetch = () => client.query<object[]>(exact(`FETCH ${rowsAtOnce} FROM rows`)) as unknown as Promise<{ rows: Row[] }>;
    asked = fetch();
    for (;;) {
      const answer: { rows: Row[] } = await asked;
      const { rows } = answer;
      asked = rows.length === rowsAtOnce ? fetch() : undefined;
      asked?.catch(() => undefined);
      if (rows.length > 0) yield rows;
      if (!asked) break;
    }
  } finally {
    await asked?.catch(() => undefined);
    await client.query("ROLLBACK").catch(() => undefined);
  }
}
