import { readFileSync, writeFileSync } from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import { plainValues } from "./points/value-text.ts";
import { readCalendar, readExceptions } from "./schedule/read.ts";
import { describeError } from "./transaction/refusal.ts";
import { decodeApdu, type Apdu } from "./wire/apdu.ts";
import { decodeBvlc } from "./wire/bvlc.ts";
import { decodeNpdu } from "./wire/npdu.ts";
import { confirmed, unconfirmed } from "./wire/services/choices.ts";
import { decodeCovNotification } from "./wire/services/cov.ts";
import { decodeEventInformation } from "./wire/services/event.ts";
import { decodeError, decodeReadMultipleAck, decodeReadPropertyAck } from "./wire/services/property-access.ts";
import { decodeRangeAck } from "./wire/services/read-range.ts";
import { decodeIAm } from "./wire/services/who-is.ts";
import type { BacnetValue } from "./wire/value.ts";
import { PropertyIdentifier as P } from "./wire/vocabulary.ts";

interface Case {
  readonly what: string;
  readonly bytes: string;
  readonly read?: unknown;
}

/** Recorded from the wire of implementations nobody here wrote; `read` is what we made of it and somebody looked at. */
const file = `${import.meta.dirname}/cases/bacnet-stack.json`;
const cases = JSON.parse(readFileSync(file, "utf8")) as readonly Case[];

describe("recorded from the C bacnet-stack's server", () => {
  for (const { what, bytes, read } of cases) {
    it(what, () => {
      const found = JSON.parse(JSON.stringify(readFrame(bytes))) as unknown;
      if (process.env["PLAINVIEW_WRITE"] !== "1") expect(found).toEqual(read);
    });
  }

  afterAll(() => {
    if (process.env["PLAINVIEW_WRITE"] !== "1") return;
    const read = cases.map(({ what, bytes }) => ({ what, bytes, read: readFrame(bytes) }));
    writeFileSync(file, `${JSON.stringify(read, null, 2)}\n`);
  });
});

function readFrame(hex: string): unknown {
  const frame = decodeBvlc(Buffer.from(hex, "hex"));
  if (frame.function !== "unicast") throw new Error(`a ${frame.function} frame was not recorded`);
  return readApdu(decodeApdu(decodeNpdu(frame.npdu).payload));
}

function readApdu(apdu: Apdu): unknown {
  if (apdu.kind === "unconfirmed" && apdu.service === unconfirmed.iAm) return decodeIAm(apdu.data);
  if (apdu.kind === "unconfirmed") {
    const { values, ...notification } = decodeCovNotification(apdu.data);
    return { ...notification, values: values.map((one) => ({ property: one.property, values: plainValues(one.values) })) };
  }
  if (apdu.kind === "error") return describeError(decodeError(apdu.data));
  if (apdu.kind !== "complex-ack") return apdu;
  if (apdu.service === confirmed.readProperty) {
    const { object, property, values } = decodeReadPropertyAck(apdu.data);
    return { object, property, values: shown(property, values) };
  }
  if (apdu.service === confirmed.readPropertyMultiple) {
    return decodeReadMultipleAck(apdu.data).map(({ object, results }) => ({
      object,
      results: results.map((one) => [one.property, "values" in one ? shown(one.property, one.values) : describeError(one.error)]),
    }));
  }
  if (apdu.service === confirmed.getEventInformation) return decodeEventInformation(apdu.data);
  const { records, ...range } = decodeRangeAck(apdu.data);
  return { ...range, records: [records[0], records.at(-1)] };
}

function shown(property: number, values: readonly BacnetValue[]): unknown {
  if (property === P.EXCEPTION_SCHEDULE) return readExceptions(values).slice(0, 3);
  if (property === P.DATE_LIST) return readCalendar(values);
  return plainValues(values);
}
