export const links = 10;
export const groupsEach = 10;
export const pointsEach = 1_000;
/** The one point that is commanded while everything is read. */
export const commanded = "d0-1/p0";

/** A site file as somebody would write it: ten links, behind each ten units of one template, behind each a thousand registers. */
export function siteText(ports: readonly number[], pollMs: number): string {
  return `site: { name: bench }
server: { port: 0 }
auth: { loopback: operator }
data: { folder: data }
log: { level: warn }
areas: [{ id: all }]
templates:
  devices:
    unit:
      area: all
      points:
        - { id: p0, address: "holding:0", scale: { gain: 0.1, offset: 0 }, staleAfter: 3s }
        - { each: { n: 1..${pointsEach - 1} }, id: "p{n}", address: "holding:{n}", scale: { gain: 0.1, offset: 0 }, staleAfter: 3s }
adapters:
${ports.map((port, link) => linkText(link, port, pollMs)).join("")}`;
}

function linkText(link: number, port: number, pollMs: number): string {
  const control = "{ evidence: { tolerance: 0.01, within: 5s } }";
  return `  - id: d${link}
    protocol: modbus
    host: 127.0.0.1
    port: ${port}
    poll: ${pollMs}ms
    devices:
      - template: unit
        id: d${link}-1
        unit: 1${link === 0 ? `\n        points: [{ id: p0, control: ${control} }]` : ""}
      - { template: unit, each: { u: 2..${groupsEach} }, id: "d${link}-{u}", unit: "{u}" }
`;
}
