import { bigint, customType, timestamp } from "drizzle-orm/pg-core";

/** Microseconds since 1970 as the journal counts them, where a time is compared exactly and never shown. */
export const microseconds = (name: string) => bigint(name, { mode: "number" });
export const time = (name: string) => timestamp(name, { withTimezone: true });
export const bytes = customType<{ data: Buffer }>({ dataType: () => "bytea" });
