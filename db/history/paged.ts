import type { Client } from "../database/connect.ts";
import { exact } from "./exact.ts";
import { whole } from "./literal.ts";

/** Rows of one answer: large enough that asking costs nothing, small enough that a million rows never stand in memory. */
const rowsAtOnce = 5_000;

interface Answer<Row> {
  readonly rows: Row[];
}

/** A query's rows page by page, through a cursor on the server; the next page is on its way while one is worked on. */
export async function* paged<Row>(client: Client, sql: string, limit: number): AsyncGenerator<readonly Row[]> {
  const fetch = `FETCH ${rowsAtOnce} FROM rows`;
  const ask = async (text: string): Promise<readonly Row[]> => {
    const answer = (await client.query(exact(text))) as unknown as Answer<Row> | readonly Answer<Row>[];
    return "rows" in answer ? answer.rows : (answer.at(-1)?.rows ?? []);
  };
  // All in one message: a short answer costs one way there and back.
  let asked: Promise<readonly Row[]> | undefined = ask(
    `BEGIN READ ONLY; DECLARE rows NO SCROLL CURSOR FOR ${sql} LIMIT ${whole(limit)}; ${fetch}`,
  );
  try {
    for (;;) {
      const rows: readonly Row[] = await asked;
      asked = rows.length === rowsAtOnce ? ask(fetch) : undefined;
      asked?.catch(() => undefined);
      if (rows.length > 0) yield rows;
      if (!asked) break;
    }
  } finally {
    await asked?.catch(() => undefined);
    await client.query("ROLLBACK").catch(() => undefined);
  }
}
