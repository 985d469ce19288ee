/** How a UCUM code is written on a screen; codes not listed are shown as they are. */
const written: Readonly<Record<string, string>> = {
  Cel: "°C",
  "[degF]": "°F",
  "[ppm]": "ppm",
  m3: "m³",
  "m3/h": "m³/h",
  "N.m": "N·m",
  "kW.h": "kWh",
  deg: "°",
  Ohm: "Ω",
  ug: "µg",
};

export function unitText(unit: string | undefined): string {
  if (unit === undefined) return "";
  return written[unit] ?? unit;
}
