import { readFileSync } from "node:fs";
import { splitAddress, type UdpAddress } from "../wire/udp-address.ts";

/**
 * Datagrams the kernel threw away because nobody took them from the socket's buffer in time. The socket itself cannot be asked,
 * Linux tells it here; elsewhere it stays 0.
 */
export function udpDrops(address: UdpAddress): number {
  const wanted = tableName(address);
  let table: string;
  try {
    table = readFileSync("/proc/net/udp", "latin1");
  } catch {
    return 0;
  }
  for (const line of table.split("\n")) {
    const columns = line.trim().split(/\s+/);
    if (columns[1] === wanted) return Number(columns.at(-1));
  }
  return 0;
}

/** As the table writes it: the octets of the host backwards, in hexadecimal. */
function tableName(address: UdpAddress): string {
  const { host, port } = splitAddress(address);
  const octets = host.split(".").reverse();
  const hexadecimal = octets.map((octet) => Number(octet).toString(16).padStart(2, "0")).join("");
  return `${hexadecimal}:${port.toString(16).padStart(4, "0")}`.toUpperCase();
}
